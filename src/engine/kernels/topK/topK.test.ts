/** The top-k reference by hand, and against a whole sort. */
import { describe, expect, it } from "vitest";
import { noise } from "../case";
import { topKReference } from "./topK.ref";

const LOWEST = Math.fround(-3.4028235e38);

function topOf(logits: Float32Array, rows: number, k: number) {
  const ids = new Uint32Array(rows * k).fill(9);
  const logProbs = new Float32Array(rows * k).fill(9);
  topKReference({ logits, ids, logProbs }, { rows, cols: logits.length / rows, k });
  return { ids: [...ids], logProbs: [...logProbs] };
}

describe("topKReference", () => {
  it("orders by probability, ties to the lower id, and fills past the end", () => {
    const { ids, logProbs } = topOf(Float32Array.of(0, Math.log(2), 0, 7, 7, 7), 2, 4);
    expect(ids).toEqual([1, 0, 2, 0xffffffff, 0, 1, 2, 0xffffffff]);
    const expected = [0.5, 0.25, 0.25, 0, 1 / 3, 1 / 3, 1 / 3, 0];
    for (const [n, p] of expected.entries()) expect(Math.exp(logProbs[n] ?? 0)).toBeCloseTo(p, 6);
    expect([logProbs[3], logProbs[7]]).toEqual([LOWEST, LOWEST]);
  });

  it("ranks NaN last, in order of id, outside the softmax", () => {
    const { ids, logProbs } = topOf(Float32Array.of(NaN, 1, NaN, -Infinity, 1), 1, 5);
    expect(ids).toEqual([1, 4, 3, 0, 2]);
    expect(logProbs[0]).toBeCloseTo(Math.log(0.5), 6);
    expect(logProbs.slice(2)).toEqual([LOWEST, LOWEST, LOWEST]);
    expect(topOf(Float32Array.of(NaN, NaN, 1), 1, 2).ids).toEqual([2, 0]);
  });

  it.each([1, 2, 17, 256])("takes the first %i of a sort", (k) => {
    const logits = noise(500, k, 6).map(Math.round);
    const sorted = [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
    expect(topOf(logits, 1, k).ids).toEqual(sorted.slice(0, k));
  });
});
