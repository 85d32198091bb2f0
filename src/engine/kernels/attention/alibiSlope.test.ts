/** ALiBi's slopes against the paper's, and scores that fall with the distance of positions, not of slots. */
import { expect, it } from "vitest";
import { attentionScoresReference } from "../attentionScores/attentionScores.ref";
import { attentionReference } from "./attention.ref";
import { alibiSlope } from "./alibiSlope";

const slopes = (heads: number) => Array.from({ length: heads }, (_, head) => alibiSlope(head, heads, 8));

it("has the paper's slopes for a power of two, and every second one of twice as many beyond it", () => {
  expect(slopes(8)).toEqual([1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]);
  expect(slopes(1)).toEqual([1 / 256]);
  // Three heads: the two of two heads, then the first of four.
  expect(slopes(3)).toEqual([1 / 16, 1 / 256, 1 / 4]);
  slopes(16).forEach((slope, head) => expect(slope).toBeCloseTo(2 ** (-(head + 1) / 2), 12));
  expect(slopes(12).slice(8)).toEqual([0, 2, 4, 6].map((head) => alibiSlope(head, 16, 8)));
  expect(alibiSlope(3, 8, 0)).toBe(0);
});

it("takes slope times the distance of positions off each score, nothing off the own one", () => {
  const problem = {
    q: Float32Array.of(0),
    keys: new Float32Array(5),
    values: Float32Array.of(0, 0, 8, 4, 2),
    // Slots 4 and 2 with the positions 1 and 3; the query has slot 3 and position 11.
    visible: Uint32Array.of(4, 2, 1, 3),
    spans: Uint32Array.of(0, 2, 3, 11),
  };
  const sizes = { queries: 1, heads: 1, kvHeads: 1, dHead: 1, qStride: 1, qOffset: 0, scale: 1, cap: 0 };
  const params = { ...sizes, maxAlibiBias: 1, positionsAt: 2, stride: 3 };
  const scores = new Float32Array(3);
  attentionScoresReference({ ...problem, scores }, params);
  expect([...scores]).toEqual([-5, -4, 0]);
  const z = new Float32Array(1);
  attentionReference({ ...problem, z }, params);
  const [far, near] = [Math.exp(-5), Math.exp(-4)];
  expect(z[0]).toBeCloseTo((2 * far + 8 * near + 4) / (far + near + 1), 6);
});
