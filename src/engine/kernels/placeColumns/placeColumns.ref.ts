/** Reference of `placeColumns`: copies row after row. */
interface Views {
  readonly dy: Float32Array;
  readonly dx: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly width: number;
  readonly cols: number;
  readonly offset: number;
}

export function placeColumnsReference({ dy, dx }: Views, { rows, width, cols, offset }: Params): void {
  dx.fill(0, 0, rows * cols);
  for (let r = 0; r < rows; r++) dx.set(dy.subarray(r * width, (r + 1) * width), r * cols + offset);
}
