/** Reference of `attentionMix`: weighted sums of values in f64. Shapes in attentionMix.wgsl. */
interface Views {
  readonly pattern: Float32Array;
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
  readonly stride: number;
}

export function attentionMixReference({ pattern, values, visible, spans, z }: Views, params: Params): void {
  const { queries, heads, kvHeads, dHead, stride } = params;
  const mixed = new Float64Array(dHead);
  for (let index = 0; index < queries * heads; index++) {
    const i = Math.floor(index / heads);
    const offset = spans[4 * i] ?? 0;
    const count = spans[4 * i + 1] ?? 0;
    const selfSlot = spans[4 * i + 2] ?? 0;
    const kvHead = Math.floor(((index % heads) * kvHeads) / heads);
    mixed.fill(0);
    for (let j = 0; j <= count; j++) {
      const weight = pattern[index * stride + j] ?? 0;
      const slot = j < count ? (visible[offset + j] ?? 0) : selfSlot;
      const start = (slot * kvHeads + kvHead) * dHead;
      for (let d = 0; d < dHead; d++) mixed[d] = (mixed[d] ?? 0) + weight * (values[start + d] ?? 0);
    }
    z.set(mixed, index * dHead);
  }
}
