/** Reference of `chooseRowsBackward`. */
interface Views {
  readonly dy: Float32Array;
  readonly spans: Uint32Array;
  readonly dx: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly own: number;
  readonly cols: number;
  readonly changed: number;
}

export function chooseRowsBackwardReference({ dy, spans, dx }: Views, params: Params): void {
  const { rows, own, cols, changed } = params;
  for (let n = 0; n < rows; n++) {
    const isChanged = (spans[2 * (n % own) + 1] ?? 0) > 0;
    if (isChanged === (changed !== 0)) dx.set(dy.subarray(n * cols, (n + 1) * cols), n * cols);
    else dx.fill(0, n * cols, (n + 1) * cols);
  }
}
