/** Reference of `attentionKeysBackward`, sums in f64. Shapes in attentionKeysBackward.wgsl. */
interface Views {
  readonly coefficients: Float32Array;
  readonly x: Float32Array;
  readonly seenBy: Uint32Array;
  readonly firsts: Uint32Array;
  readonly dKeys: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly own: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  readonly stride: number;
  readonly cRows: number;
  readonly xRows: number;
  readonly xStride: number;
  readonly xOffset: number;
  readonly factor: number;
}

export function attentionKeysBackwardReference(views: Views, params: Params): void {
  const { coefficients, x, seenBy, firsts, dKeys } = views;
  const { rows, own, heads, kvHeads, dHead, stride, cRows, xRows, xStride, xOffset, factor } = params;
  const width = kvHeads * dHead;
  const sums = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    const token = row % own;
    sums.fill(0);
    for (let pair = firsts[token] ?? 0; pair < (firsts[token + 1] ?? 0); pair++) {
      const query = row - token + (seenBy[2 * pair] ?? 0);
      const key = seenBy[2 * pair + 1] ?? 0;
      const xStart = (query % xRows) * xStride + xOffset;
      for (let head = 0; head < heads; head++) {
        const coefficient = coefficients[((query % cRows) * heads + head) * stride + key] ?? 0;
        const to = Math.floor((head * kvHeads) / heads) * dHead;
        for (let d = 0; d < dHead; d++)
          sums[to + d] = (sums[to + d] ?? 0) + coefficient * (x[xStart + head * dHead + d] ?? 0);
      }
    }
    for (let c = 0; c < width; c++) dKeys[row * width + c] = factor * (sums[c] ?? 0);
  }
}
