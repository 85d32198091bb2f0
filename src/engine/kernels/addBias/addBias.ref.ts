/** Reference of `addBias`. */
interface Views {
  readonly x: Float32Array;
  readonly bias: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
}

export function addBiasReference({ x, bias, y }: Views, { rows, cols }: Params): void {
  for (let i = 0; i < rows * cols; i++) y[i] = (x[i] ?? 0) + (bias[i % cols] ?? 0);
}
