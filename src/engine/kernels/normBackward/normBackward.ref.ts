/** Reference of `normBackward`, sums in f64. Shapes in normBackward.wgsl. */
interface Views {
  readonly dy: Float32Array;
  readonly x: Float32Array;
  readonly scale: Float32Array;
  readonly weight: Float32Array;
  readonly dx: Float32Array;
  readonly dScale: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly own: number;
  readonly cols: number;
  readonly centred: number;
  readonly weightOffset: number;
}

export function normBackwardReference({ dy, x, scale, weight, dx, dScale }: Views, params: Params): void {
  const { rows, own, cols, centred, weightOffset } = params;
  for (let row = 0; row < rows; row++) {
    const start = row * cols;
    const from = (row % own) * cols;
    const divisor = scale[row % own] ?? 0;
    const cotangent = (c: number) => (dy[start + c] ?? 0) * ((weight[c] ?? 0) + weightOffset);
    let mean = 0;
    let meanCotangent = 0;
    for (let c = 0; centred && c < cols; c++) {
      mean += (x[from + c] ?? 0) / cols;
      meanCotangent += cotangent(c) / cols;
    }
    let along = 0;
    for (let c = 0; c < cols; c++) {
      along += (cotangent(c) * ((x[from + c] ?? 0) - mean)) / divisor;
      dx[start + c] = (cotangent(c) - meanCotangent) / divisor;
    }
    dScale[row] = -along / divisor;
  }
}
