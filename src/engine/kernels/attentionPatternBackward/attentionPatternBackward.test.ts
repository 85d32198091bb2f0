/** The pullback of softmax against central differences: ragged rows, ties, keys that a mask removed. */
import { expect, it } from "vitest";
import { attentionPatternReference } from "../attentionPattern/attentionPattern.ref";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { attentionPatternBackwardReference } from "./attentionPatternBackward.ref";

const [OWN, HEADS, STRIDE, SCALARS] = [4, 2, 6, 2];
/** Queries with 1, 2, 6 and 4 keys. */
const SPANS = Uint32Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0);
const SIZES = { heads: HEADS, stride: STRIDE };

function patternOf(scores: Float32Array): Float32Array<ArrayBuffer> {
  const pattern = zeros64(scores.length);
  attentionPatternReference({ scores, spans: SPANS, pattern }, { ...SIZES, queries: OWN });
  return pattern;
}

function gradientOf(scores: Float32Array, cotangent: Float32Array): Float32Array {
  const dScores = zeros64(cotangent.length).fill(777);
  attentionPatternBackwardReference(
    { dPattern: cotangent, pattern: patternOf(scores), spans: SPANS, dScores },
    { ...SIZES, queries: (OWN * cotangent.length) / scores.length, own: OWN },
  );
  return dScores;
}

it("is the slope of softmax, and 0 behind the last key", () => {
  const scores = noise64(OWN * HEADS * STRIDE, 1, 3);
  // Ties in one row.
  scores.fill(0.5, 2 * HEADS * STRIDE, 2 * HEADS * STRIDE + STRIDE);
  const cotangent = noise64(SCALARS * scores.length, 2);
  const gradient = gradientOf(scores, cotangent);
  expectPullback({ forward: patternOf, x: scores, cotangent, gradient });
});

it("gives nothing to keys that a mask removed, and to a query that sees one key", () => {
  const scores = noise64(OWN * HEADS * STRIDE, 1, 3);
  const at = 2 * HEADS * STRIDE;
  scores.fill(-1e30, at + 1, at + 4);
  const gradient = gradientOf(scores, noise64(scores.length, 2));
  expect([...gradient.slice(at + 1, at + 4)].every((value) => Math.abs(value) === 0)).toBe(true);
  expect([...gradient.slice(0, HEADS * STRIDE)].every((value) => Math.abs(value) < 1e-15)).toBe(true);
  expect(Math.abs(gradient[at]!)).toBeGreaterThan(1e-6);
});
