/** Reference of `attentionPatternBackward`, sums in f64. Shapes in attentionPatternBackward.wgsl. */
interface Views {
  readonly dPattern: Float32Array;
  readonly pattern: Float32Array;
  readonly spans: Uint32Array;
  readonly dScores: Float32Array;
}

interface Params {
  readonly queries: number;
  readonly own: number;
  readonly heads: number;
  readonly stride: number;
}

export function attentionPatternBackwardReference(views: Views, params: Params): void {
  const { dPattern, pattern, spans, dScores } = views;
  const { queries, own, heads, stride } = params;
  for (let index = 0; index < queries * heads; index++) {
    const i = Math.floor(index / heads) % own;
    const start = index * stride;
    const from = (i * heads + (index % heads)) * stride;
    const count = spans[4 * i + 1] ?? 0;
    let total = 0;
    for (let j = 0; j <= count; j++) total += (pattern[from + j] ?? 0) * (dPattern[start + j] ?? 0);
    for (let j = 0; j <= count; j++)
      dScores[start + j] = (pattern[from + j] ?? 0) * ((dPattern[start + j] ?? 0) - total);
    dScores.fill(0, start + count + 1, start + stride);
  }
}
