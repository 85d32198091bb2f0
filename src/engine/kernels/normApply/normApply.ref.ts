/** Reference of `normApply`, sums in f64. */
interface Views {
  readonly x: Float32Array;
  readonly scale: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly centred: number;
  readonly weightOffset: number;
}

export function normApplyReference({ x, scale, weight, bias, y }: Views, params: Params): void {
  const { rows, cols, centred, weightOffset } = params;
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    const divisor = scale[r] ?? 0;
    let mean = 0;
    for (let c = 0; c < cols; c++) mean += (x[start + c] ?? 0) / cols;
    for (let c = 0; c < cols; c++) {
      const value = x[start + c] ?? 0;
      y[start + c] = centred
        ? ((value - mean) / divisor) * (weight[c] ?? 0) + (bias[c] ?? 0)
        : (value / divisor) * ((weight[c] ?? 0) + weightOffset);
    }
  }
}
