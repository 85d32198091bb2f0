/** Reference of `jumpRelu`. */
interface Views {
  readonly x: Float32Array;
  readonly threshold: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
}

export function jumpReluReference({ x, threshold, y }: Views, { rows, cols }: Params): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      const value = x[r * cols + c] ?? 0;
      y[r * cols + c] = value > Math.max(threshold[c] ?? 0, 0) ? value : 0;
    }
  }
}
