/** Contexts of examples, and the numbers over a corpus. */
import { expect, it } from "vitest";
import type { CorpusExample, CorpusLatentResult } from "../../../../protocol/sae/features";
import { allExamples, examplesTable, largestValue, shownPart, statistics } from "./examples";

const example = (count: number, at: number, value: number): CorpusExample => {
  const values = new Float32Array(count);
  values[at] = value;
  return { ...{ document: 3, at, value, values }, tokens: Array.from({ length: count }, (_, i) => i) };
};
const RESULT: CorpusLatentResult = {
  ...{ density: 0.00004, active: 4, tokens: 100_000, mean: 0.001, meanSquare: 0.01, skew: 5, kurtosis: 40 },
  ...{ max: 9, histogram: [3, 1] },
  top: [example(100, 90, 9)],
  sampled: [
    { from: 8.1, to: 9, examples: [] },
    { from: 0, to: 0.9, examples: [example(4, 1, 0.5)] },
  ],
};
const textOf = (id: number) => ` ${id}`;

it("shows the part around the token, or all of it", () => {
  const part = shownPart(example(100, 90, 9), false, textOf);
  expect([part.first, part.tokens.length, part.values.length]).toEqual([52, 48, 48]);
  expect(part.values[90 - part.first]).toBe(9);
  expect(part.tokens[90 - part.first]).toBe("90");
  expect(shownPart(example(100, 90, 9), true, textOf).tokens).toHaveLength(100);
});

it("has one scale over all examples, and rows with the interval that they are from", () => {
  expect(allExamples(RESULT)).toHaveLength(2);
  expect(largestValue(RESULT)).toBe(9);
  const { rows } = examplesTable(RESULT, textOf);
  expect(rows.map(([part, , at, token, value]) => [part, at, token, value])).toEqual([
    ["top", 90, " 90", 9],
    ["0.00 to 0.90", 1, " 1", 0.5],
  ]);
});

it("says the density with its counts", () => {
  expect(statistics(RESULT)[0]).toEqual(["density", "4.0e−5 (4 of 100,000 tokens)"]);
  expect(statistics({ ...RESULT, density: 0, active: 0 })[0]?.[1]).toBe("0 (0 of 100,000 tokens)");
});
