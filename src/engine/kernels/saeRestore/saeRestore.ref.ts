/** Reference of `saeRestore`, in f64. */
interface Views {
  readonly x: Float32Array;
  readonly moments: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
}

export function saeRestoreReference({ x, moments, y }: Views, { rows, cols }: Params): void {
  for (let i = 0; i < rows * cols; i++) {
    const row = Math.floor(i / cols);
    y[i] = (x[i] ?? 0) * (moments[2 * row + 1] ?? 0) + (moments[2 * row] ?? 0);
  }
}
