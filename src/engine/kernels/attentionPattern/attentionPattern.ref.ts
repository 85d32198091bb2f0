/** Reference of `attentionPattern`: softmax with the maximum subtracted, sums in f64. */
interface Views {
  readonly scores: Float32Array;
  readonly spans: Uint32Array;
  readonly pattern: Float32Array;
}

interface Params {
  readonly queries: number;
  readonly heads: number;
  readonly stride: number;
}

export function attentionPatternReference({ scores, spans, pattern }: Views, params: Params): void {
  const { queries, heads, stride } = params;
  for (let index = 0; index < queries * heads; index++) {
    const start = index * stride;
    const count = spans[4 * Math.floor(index / heads) + 1] ?? 0;
    let highest = -Infinity;
    for (let j = 0; j <= count; j++) highest = Math.max(highest, scores[start + j] ?? 0);
    let total = 0;
    for (let j = 0; j <= count; j++) total += Math.exp((scores[start + j] ?? 0) - highest);
    for (let j = 0; j <= count; j++)
      pattern[start + j] = Math.exp((scores[start + j] ?? 0) - highest) / total;
    pattern.fill(0, start + count + 1, start + stride);
  }
}
