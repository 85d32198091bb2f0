/** Comparing: what agrees is said to match, what does not is named. */
import { expect, it } from "vitest";
import { compareNumbers, expectedNumbers, formatDifference } from "./compareNumbers";

const top = { ids: new Uint32Array(0), logProbs: new Float32Array(0) };
const effect = {
  now: { logProb: -2, top },
  baseline: { logProb: -1, top },
  tokens: [],
  topTokens: new Map<number, string>(),
  answerId: 3,
  early: [-4, -1],
  earlyValues: [-4, -1],
  loo: [3],
};
const game = { phi: { values: [3], low: [3], high: [3] }, vAll: -1, vNone: -4 };
const numbers = {
  now: -2,
  baseline: -1,
  early: [-4, -1],
  loo: [3],
  shapley: { phi: [3], vAll: -1, vNone: -4 },
};

it("reads the numbers off results, without Shapley values that are not complete", () => {
  expect(expectedNumbers(effect, game)).toEqual(numbers);
  expect(expectedNumbers(effect, undefined)).toEqual({ ...numbers, shapley: undefined });
  expect(expectedNumbers(undefined, game)).toBeUndefined();
  // A game of some of the steps has no place in a link.
  const fewer = { ...game, phi: { values: [], low: [], high: [] } };
  expect(expectedNumbers(effect, fewer)).toEqual({ ...numbers, shapley: undefined });
});

it("matches within a thousandth of a nat", () => {
  expect(compareNumbers(numbers, numbers)).toEqual({ compared: 8, worst: 0 });
  const near = { ...numbers, loo: [3.0005] };
  expect(compareNumbers(near, numbers).worst).toBeCloseTo(5e-4);
  expect(compareNumbers(near, numbers).first).toBeUndefined();
});

it("names the first number that differs, and the largest difference", () => {
  const other = { ...numbers, baseline: -1.02, shapley: { ...numbers.shapley, phi: [3.5] } };
  const { first, worst } = compareNumbers(other, numbers);
  expect(first).toEqual({ name: "log p with all steps", here: -1, there: -1.02 });
  expect(worst).toBeCloseTo(0.5);
});

it("names a number that this page does not have", () => {
  expect(compareNumbers(numbers, expectedNumbers(effect, undefined)).first).toEqual({
    name: "v(all)",
    here: NaN,
    there: -1,
  });
  expect(compareNumbers(numbers, undefined).first?.name).toBe("log p now");
});

it("finds the sender's next tokens among those that are listed here", () => {
  const there = {
    next: { position: 4, base: { ids: [7, 8], logProbs: [-0.1, -3] }, edited: { ids: [8], logProbs: [-1] } },
  };
  const here = {
    next: {
      position: 4,
      base: { ids: [8, 7, 9], logProbs: [-3, -0.1, -5] },
      edited: { ids: [9, 8], logProbs: [-1, -1.5] },
    },
  };
  expect(compareNumbers(there, here)).toEqual({
    compared: 3,
    worst: 0.5,
    first: { name: "log p of token 8 after position 4 with the edits", here: -1.5, there: -1 },
  });
  expect(compareNumbers(there, { next: { ...here.next, position: 5 } }).first).toMatchObject({ here: NaN });
});

it.each([
  [0, "0"],
  [3.2e-6, "3e−6"],
  [0.0213, "0.021"],
])("writes a difference of %d as %s", (size, text) => {
  expect(formatDifference(size)).toBe(text);
});
