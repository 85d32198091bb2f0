/** Reference of `attentionScores`: plain dot products, sums in f64. Shapes in attentionScores.wgsl. */
import { alibiSlope } from "../attention/alibiSlope";

interface Views {
  readonly q: Float32Array;
  readonly keys: Float32Array;
  readonly visible: Uint32Array;
  readonly spans: Uint32Array;
  readonly scores: Float32Array;
}

interface Params {
  readonly queries: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  readonly qStride: number;
  readonly qOffset: number;
  readonly scale: number;
  /** 0 = none. */
  readonly cap: number;
  /** ALiBi: 0 = none, else what its slopes are made of (alibiSlope.ts). */
  readonly maxAlibiBias: number;
  /** Where in `visible` the positions of the listed keys begin. */
  readonly positionsAt: number;
  readonly stride: number;
}

/** Stands where there is no key: the lowest f32, since shaders have no portable -Infinity. */
const LOWEST = -3.4028235e38;

export function attentionScoresReference({ q, keys, visible, spans, scores }: Views, params: Params): void {
  const { queries, heads, kvHeads, dHead, qStride, qOffset, scale, cap, maxAlibiBias, positionsAt, stride } =
    params;
  for (let i = 0; i < queries; i++) {
    const offset = spans[4 * i] ?? 0;
    const count = spans[4 * i + 1] ?? 0;
    const selfSlot = spans[4 * i + 2] ?? 0;
    const position = spans[4 * i + 3] ?? 0;
    const keyPosition = (j: number) => (j < count ? (visible[positionsAt + offset + j] ?? 0) : position);
    for (let head = 0; head < heads; head++) {
      const kvStart = Math.floor((head * kvHeads) / heads) * dHead;
      const qStart = i * qStride + qOffset + head * dHead;
      const out = (i * heads + head) * stride;
      const slope = alibiSlope(head, heads, maxAlibiBias);
      for (let j = 0; j <= count; j++) {
        const slot = j < count ? (visible[offset + j] ?? 0) : selfSlot;
        const start = slot * kvHeads * dHead + kvStart;
        let dot = 0;
        for (let d = 0; d < dHead; d++) dot += (q[qStart + d] ?? 0) * (keys[start + d] ?? 0);
        const capped = cap > 0 ? cap * Math.tanh((dot * scale) / cap) : dot * scale;
        scores[out + j] = slope > 0 ? capped + slope * (keyPosition(j) - position) : capped;
      }
      scores.fill(LOWEST, out + count + 1, out + stride);
    }
  }
}
