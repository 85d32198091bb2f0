/** Reference of `layerNorm`, sums in f64. */
interface Views {
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly y: Float32Array;
  readonly scale: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly eps: number;
}

export function layerNormReference({ x, weight, bias, y, scale }: Views, { rows, cols, eps }: Params): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    let mean = 0;
    for (let c = 0; c < cols; c++) mean += (x[start + c] ?? 0) / cols;
    let variance = 0;
    for (let c = 0; c < cols; c++) variance += ((x[start + c] ?? 0) - mean) ** 2 / cols;
    const deviation = Math.sqrt(variance + eps);
    scale[r] = deviation;
    for (let c = 0; c < cols; c++) {
      y[start + c] = (((x[start + c] ?? 0) - mean) / deviation) * (weight[c] ?? 0) + (bias[c] ?? 0);
    }
  }
}
