/** Reference of `rmsNorm`, sums in f64. */
interface Views {
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly y: Float32Array;
  readonly scale: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly eps: number;
  readonly weightOffset: number;
}

export function rmsNormReference(
  { x, weight, y, scale }: Views,
  { rows, cols, eps, weightOffset }: Params,
): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    let meanSquare = 0;
    for (let c = 0; c < cols; c++) meanSquare += (x[start + c] ?? 0) ** 2 / cols;
    const rootMeanSquare = Math.sqrt(meanSquare + eps);
    scale[r] = rootMeanSquare;
    for (let c = 0; c < cols; c++) {
      y[start + c] = ((x[start + c] ?? 0) / rootMeanSquare) * ((weight[c] ?? 0) + weightOffset);
    }
  }
}
