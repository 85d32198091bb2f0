/** Reference of `saeStandardise`, in f64. */
interface Views {
  readonly x: Float32Array;
  readonly bias: Float32Array;
  readonly y: Float32Array;
  readonly moments: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly eps: number;
  readonly centred: number;
  readonly hasBias: number;
}

export function saeStandardiseReference({ x, bias, y, moments }: Views, params: Params): void {
  const { rows, cols, eps, centred, hasBias } = params;
  for (let r = 0; r < rows; r++) {
    const line = x.subarray(r * cols, (r + 1) * cols);
    let mean = 0;
    if (centred) for (const value of line) mean += value / cols;
    let squares = 0;
    for (const value of line) squares += (value - mean) ** 2;
    const std = Math.sqrt(squares / (centred ? cols - 1 : cols));
    moments[2 * r] = mean;
    moments[2 * r + 1] = std;
    for (const [c, value] of line.entries()) {
      y[r * cols + c] = (value - mean) / (std + eps) - (hasBias ? (bias[c] ?? 0) : 0);
    }
  }
}
