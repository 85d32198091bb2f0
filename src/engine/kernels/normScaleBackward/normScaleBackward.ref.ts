/** Reference of `normScaleBackward`, sums in f64. Shapes in normScaleBackward.wgsl. */
interface Views {
  readonly dScale: Float32Array;
  readonly x: Float32Array;
  readonly scale: Float32Array;
  readonly dx: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly own: number;
  readonly cols: number;
  readonly centred: number;
}

export function normScaleBackwardReference({ dScale, x, scale, dx }: Views, params: Params): void {
  const { rows, own, cols, centred } = params;
  for (let row = 0; row < rows; row++) {
    const from = (row % own) * cols;
    let mean = 0;
    for (let c = 0; centred && c < cols; c++) mean += (x[from + c] ?? 0) / cols;
    const factor = (dScale[row] ?? 0) / (cols * (scale[row % own] ?? 0));
    for (let c = 0; c < cols; c++) dx[row * cols + c] = factor * ((x[from + c] ?? 0) - mean);
  }
}
