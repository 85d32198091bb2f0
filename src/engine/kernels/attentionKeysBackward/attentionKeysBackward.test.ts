/**
 * The pullbacks of attention to values, keys and queries against central differences of its three steps. Values and keys
 * take `attentionKeysBackward`; the cotangents of the pattern and of the queries take kernels of the forward pass, whose
 * formulas they share (ops/attention.ts).
 */
import { expect, it } from "vitest";
import { attentionMixReference } from "../attentionMix/attentionMix.ref";
import { attentionScoresReference } from "../attentionScores/attentionScores.ref";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { attentionKeysBackwardReference } from "./attentionKeysBackward.ref";

const [OWN, HEADS, KV_HEADS, D_HEAD, STRIDE, SCALARS] = [4, 3, 2, 5, 4, 2];
const WIDTH = KV_HEADS * D_HEAD;
/** Query i sees tokens 0 to i - 1, but for the last, which does not see token 1; the slots are those of the tokens. */
const VISIBLE = Uint32Array.of(0, 1, 2, 0, 2);
const SPANS = Uint32Array.of(0, 0, 0, 0, 0, 1, 1, 1, 0, 2, 2, 2, 3, 2, 3, 3);
const SEEN_BY = Uint32Array.of(0, 0, 1, 0, 2, 0, 3, 0, 1, 1, 2, 1, 2, 2, 3, 1, 3, 2);
const FIRSTS = Uint32Array.of(0, 4, 6, 8, 9);
const lists = { visible: VISIBLE, spans: SPANS };
const shape = { heads: HEADS, kvHeads: KV_HEADS, dHead: D_HEAD, stride: STRIDE };
const forwardShape = { ...shape, queries: OWN };
const scoring = { qStride: HEADS * D_HEAD, qOffset: 0, scale: 0.6, cap: 0, maxAlibiBias: 0, positionsAt: 0 };

const values = noise64(OWN * WIDTH, 1);
const pattern = noise64(OWN * HEADS * STRIDE, 2);
const q = noise64(OWN * HEADS * D_HEAD, 3);
const keys = noise64(OWN * WIDTH, 4);

function sumsOf(
  coefficients: Float32Array,
  x: Float32Array,
  rows: readonly [cRows: number, xRows: number],
  factor: number,
): Float32Array {
  const dKeys = zeros64(SCALARS * OWN * WIDTH);
  attentionKeysBackwardReference(
    { coefficients, x, seenBy: SEEN_BY, firsts: FIRSTS, dKeys },
    {
      ...{ ...shape, rows: SCALARS * OWN, own: OWN, cRows: rows[0], xRows: rows[1], factor },
      ...{ xStride: HEADS * D_HEAD, xOffset: 0 },
    },
  );
  return dKeys;
}

const mix = (of: { pattern: Float32Array; values: Float32Array }) => {
  const z = zeros64(OWN * HEADS * D_HEAD);
  attentionMixReference({ ...lists, ...of, z }, forwardShape);
  return z;
};

/** Scores of keys that are seen; what stands behind them is no output. */
const score = (of: { q: Float32Array; keys: Float32Array }) => {
  const scores = zeros64(OWN * HEADS * STRIDE);
  attentionScoresReference({ ...lists, ...of, scores }, { ...forwardShape, ...scoring });
  return scores.map((value) => (value < -1e30 ? 0 : value));
};

/** The spans of every query once for each scalar. */
const REPEATED = Uint32Array.from(Array.from({ length: SCALARS }, () => [...SPANS]).flat());

it("to values, and to the pattern by the kernel of scores", () => {
  const cotangent = noise64(SCALARS * OWN * HEADS * D_HEAD, 5);
  const gradient = sumsOf(pattern, cotangent, [OWN, SCALARS * OWN], 1);
  expectPullback({ forward: (at) => mix({ pattern, values: at }), x: values, cotangent, gradient });
  const dPattern = zeros64(SCALARS * pattern.length);
  attentionScoresReference(
    { q: cotangent, keys: values, visible: VISIBLE, spans: REPEATED, scores: dPattern },
    { ...shape, queries: SCALARS * OWN, ...scoring, scale: 1 },
  );
  const seen = dPattern.map((value) => (value < -1e30 ? 0 : value));
  expectPullback({ forward: (at) => mix({ pattern: at, values }), x: pattern, cotangent, gradient: seen });
});

it("to keys, and to queries by the kernel of the mix", () => {
  const cotangent = noise64(SCALARS * OWN * HEADS * STRIDE, 6);
  const gradient = sumsOf(cotangent, q, [SCALARS * OWN, OWN], scoring.scale);
  expectPullback({ forward: (at) => score({ q, keys: at }), x: keys, cotangent, gradient });
  const dq = zeros64(SCALARS * q.length);
  attentionMixReference(
    { pattern: cotangent, values: keys, visible: VISIBLE, spans: REPEATED, z: dq },
    { ...shape, queries: SCALARS * OWN },
  );
  const scaled = dq.map((value) => scoring.scale * value);
  expectPullback({ forward: (at) => score({ q: at, keys }), x: q, cotangent, gradient: scaled });
});

it("gives a token that no query sees nothing", () => {
  const dKeys = new Float32Array(2).fill(777);
  attentionKeysBackwardReference(
    {
      ...{ coefficients: Float32Array.of(2), x: Float32Array.of(3), dKeys },
      ...{ seenBy: Uint32Array.of(0, 0), firsts: Uint32Array.of(0, 0, 1) },
    },
    {
      ...{ rows: 2, own: 2, heads: 1, kvHeads: 1, dHead: 1, stride: 1, cRows: 2, xRows: 2 },
      ...{ xStride: 1, xOffset: 0, factor: 0.5 },
    },
  );
  expect([...dKeys]).toEqual([0, 3]);
});
