/** Reference of `attention`: two-pass softmax over the listed slots, sums in f64. Shapes in attention.wgsl. */
import { alibiSlope } from "./alibiSlope";

interface Views {
  readonly q: Float32Array;
  readonly keys: Float32Array;
  readonly values: Float32Array;
  readonly visible: Uint32Array;
  readonly spans: Uint32Array;
  readonly z: Float32Array;
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
}

export function attentionReference({ q, keys, values, visible, spans, z }: Views, params: Params): void {
  const { queries, heads, kvHeads, dHead, qStride, qOffset, scale, cap, maxAlibiBias, positionsAt } = params;
  const mixed = new Float64Array(dHead);
  let weights = new Float64Array(64);
  for (let i = 0; i < queries; i++) {
    const offset = spans[4 * i] ?? 0;
    const count = spans[4 * i + 1] ?? 0;
    const selfSlot = spans[4 * i + 2] ?? 0;
    const position = spans[4 * i + 3] ?? 0;
    const keyPosition = (j: number) => (j < count ? (visible[positionsAt + offset + j] ?? 0) : position);
    if (weights.length <= count) weights = new Float64Array(2 * (count + 1));
    for (let head = 0; head < heads; head++) {
      const kvStart = Math.floor((head * kvHeads) / heads) * dHead;
      const qStart = i * qStride + qOffset + head * dHead;
      const slope = alibiSlope(head, heads, maxAlibiBias);
      let highest = -Infinity;
      for (let j = 0; j <= count; j++) {
        const slot = j < count ? (visible[offset + j] ?? 0) : selfSlot;
        const start = slot * kvHeads * dHead + kvStart;
        let dot = 0;
        for (let d = 0; d < dHead; d++) dot += (q[qStart + d] ?? 0) * (keys[start + d] ?? 0);
        const capped = cap > 0 ? cap * Math.tanh((dot * scale) / cap) : dot * scale;
        const score = slope > 0 ? capped + slope * (keyPosition(j) - position) : capped;
        weights[j] = score;
        highest = Math.max(highest, score);
      }
      let total = 0;
      mixed.fill(0);
      for (let j = 0; j <= count; j++) {
        const weight = Math.exp((weights[j] ?? 0) - highest);
        total += weight;
        const slot = j < count ? (visible[offset + j] ?? 0) : selfSlot;
        const start = slot * kvHeads * dHead + kvStart;
        for (let d = 0; d < dHead; d++) mixed[d] = (mixed[d] ?? 0) + weight * (values[start + d] ?? 0);
      }
      for (let d = 0; d < dHead; d++) z[(i * heads + head) * dHead + d] = (mixed[d] ?? 0) / total;
    }
  }
}
