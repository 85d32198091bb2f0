/** The attention reference against values worked out by hand. */
import { describe, expect, it } from "vitest";
import { attentionReference } from "./attention.ref";

const plain = { maxAlibiBias: 0, positionsAt: 0 };

describe("attentionReference", () => {
  it("weighs values by the softmax of the scores, the own slot last", () => {
    // Scores: slot 2 -> ln 3, own slot 0 -> 0. Weights 3/4 and 1/4.
    const z = new Float32Array(1);
    attentionReference(
      {
        q: Float32Array.of(2),
        keys: Float32Array.of(0, 99, Math.log(3)),
        values: Float32Array.of(8, 99, 4),
        visible: Uint32Array.of(2),
        spans: Uint32Array.of(0, 1, 0, 1),
        z,
      },
      { queries: 1, heads: 1, kvHeads: 1, dHead: 1, qStride: 1, qOffset: 0, scale: 0.5, cap: 0, ...plain },
    );
    expect(z[0]).toBeCloseTo(0.75 * 4 + 0.25 * 8, 6);
  });

  it("gives a query that sees nothing else its own value, per key/value head", () => {
    // Four heads over two key/value heads: heads 0 and 1 read the first, 2 and 3 the second.
    const z = new Float32Array(8);
    attentionReference(
      {
        q: new Float32Array(20).fill(5),
        keys: new Float32Array(12).fill(3),
        values: Float32Array.from({ length: 12 }, (_, n) => n),
        visible: Uint32Array.of(0),
        spans: Uint32Array.of(0, 0, 2, 0),
        z,
      },
      { queries: 1, heads: 4, kvHeads: 2, dHead: 2, qStride: 12, qOffset: 4, scale: 1, cap: 0, ...plain },
    );
    expect([...z]).toEqual([8, 9, 8, 9, 10, 11, 10, 11]);
  });

  it("reads each query at its stride and offset, and each list at its offset", () => {
    // Queries 1 and -1 on keys +-50: each takes one value alone.
    const z = new Float32Array(2);
    attentionReference(
      {
        q: Float32Array.of(99, 1, 99, 99, -1, 99),
        keys: Float32Array.of(50, -50),
        values: Float32Array.of(10, 20),
        visible: Uint32Array.of(99, 1, 0),
        spans: Uint32Array.of(1, 1, 0, 1, 2, 1, 1, 1),
        z,
      },
      { queries: 2, heads: 1, kvHeads: 1, dHead: 1, qStride: 3, qOffset: 1, scale: 1, cap: 0, ...plain },
    );
    expect([...z]).toEqual([10, 20]);
  });
});
