/** Reference of `linearWeightsBackward`: plain loops, sums in f64. */
interface Views {
  readonly dy: Float32Array;
  readonly x: Float32Array;
  readonly dw: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
}

export function linearWeightsBackwardReference({ dy, x, dw }: Views, { rows, inner, cols }: Params): void {
  for (let o = 0; o < cols; o++) {
    for (let i = 0; i < inner; i++) {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += (dy[r * cols + o] ?? 0) * (x[r * inner + i] ?? 0);
      dw[o * inner + i] = sum;
    }
  }
}
