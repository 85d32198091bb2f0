/** Comparing: what agrees is said to match, what does not is named. */
import { expect, it } from "vitest";
import type { ShapleyResult } from "../../protocol/chain";
import { compareNumbers, expectedNumbers, formatDifference } from "./compareNumbers";

const top = { ids: new Uint32Array(0), logProbs: new Float32Array(0) };
const effect = {
  now: { logProb: -2, top },
  baseline: { logProb: -1, top },
  topTokens: new Map<number, string>(),
  answerId: 3,
  early: [-4, -1],
  loo: [3],
};
const exact: ShapleyResult = {
  mode: "delete",
  fillerId: 0,
  phi: [3],
  loo: [3],
  vAll: -1,
  vNone: -4,
  residual: 0,
  coalitionsDone: 2,
  coalitions: 2,
  evaluatedTokens: 9,
  elapsedMs: 1,
  segments: { prompt: 1, steps: [1], answer: 2 },
};
const results = { effect, exact };
const numbers = {
  now: -2,
  baseline: -1,
  early: [-4, -1],
  loo: [3],
  shapley: { phi: [3], vAll: -1, vNone: -4 },
};

it("reads the numbers off results, without Shapley values that are not complete", () => {
  expect(expectedNumbers(results)).toEqual(numbers);
  expect(expectedNumbers({ effect, exact: undefined })).toEqual({ ...numbers, shapley: undefined });
  expect(expectedNumbers({ effect: undefined, exact: undefined })).toBeUndefined();
});

it("matches within a thousandth of a nat", () => {
  expect(compareNumbers(numbers, results)).toEqual({ compared: 8, worst: 0 });
  const near = { ...numbers, loo: [3.0005] };
  expect(compareNumbers(near, results).worst).toBeCloseTo(5e-4);
  expect(compareNumbers(near, results).first).toBeUndefined();
});

it("names the first number that differs, and the largest difference", () => {
  const other = { ...numbers, baseline: -1.02, shapley: { ...numbers.shapley, phi: [3.5] } };
  const { first, worst } = compareNumbers(other, results);
  expect(first).toEqual({ name: "log p at baseline", here: -1, there: -1.02 });
  expect(worst).toBeCloseTo(0.5);
});

it("names a number that this page does not have", () => {
  expect(compareNumbers(numbers, { effect, exact: undefined }).first).toEqual({
    name: "v(all)",
    here: NaN,
    there: -1,
  });
  expect(compareNumbers(numbers, { effect: undefined, exact: undefined }).first?.name).toBe("log p now");
});

it.each([
  [0, "0"],
  [3.2e-6, "3e−6"],
  [0.0213, "0.021"],
])("writes a difference of %d as %s", (size, text) => {
  expect(formatDifference(size)).toBe(text);
});
