/** Reference of `saeCentre`, in f64. */
interface Views {
  readonly x: Float32Array;
  readonly bias: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly factor: number;
  readonly hasBias: number;
}

export function saeCentreReference({ x, bias, y }: Views, { rows, cols, factor, hasBias }: Params): void {
  const scale = Math.fround(factor);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      y[r * cols + c] = (x[r * cols + c] ?? 0) * scale - (hasBias ? (bias[c] ?? 0) : 0);
    }
  }
}
