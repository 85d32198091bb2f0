/** The score reference against dot products worked out by hand. */
import { expect, it } from "vitest";
import { attentionScoresReference } from "./attentionScores.ref";

it("scores the listed slots in order, then the own one, then fills with the lowest number", () => {
  // Two heads share one key/value head of two dims; keys are (1, 2), (3, 4), (5, 6).
  const scores = new Float32Array(2 * 2 * 4).fill(9);
  attentionScoresReference(
    {
      q: Float32Array.of(0, 1, 1, 10, 0, 0, 2, 0, 0, 1, 0),
      keys: Float32Array.of(1, 2, 3, 4, 5, 6),
      visible: Uint32Array.of(2, 0),
      spans: Uint32Array.of(0, 2, 1, 2, 2, 0, 2, 0),
      scores,
    },
    {
      ...{
        queries: 2,
        heads: 2,
        kvHeads: 1,
        dHead: 2,
        qStride: 5,
        qOffset: 1,
        scale: 0.5,
        cap: 0,
        stride: 4,
      },
      ...{ maxAlibiBias: 0, positionsAt: 0 },
    },
  );
  const lowest = Math.fround(-3.4028235e38);
  // Query 0: head 0 is (1, 1), head 1 is (10, 0); slots 2, 0, then 1. Query 1: (2, 0) and (0, 1) on slot 2 alone.
  expect([...scores.subarray(0, 4)]).toEqual([5.5, 1.5, 3.5, lowest]);
  expect([...scores.subarray(4, 8)]).toEqual([25, 5, 15, lowest]);
  expect([...scores.subarray(8, 12)]).toEqual([5, lowest, lowest, lowest]);
  expect([...scores.subarray(12, 16)]).toEqual([3, lowest, lowest, lowest]);
});
