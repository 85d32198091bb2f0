/** Reference of `gatherBackward`, sums in f64. Shapes in gatherBackward.wgsl. */
interface Views {
  readonly dy: Float32Array;
  readonly order: Uint32Array;
  readonly firsts: Uint32Array;
  readonly dx: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly own: number;
  readonly copies: number;
  readonly cols: number;
}

export function gatherBackwardReference(
  { dy, order, firsts, dx }: Views,
  { rows, own, copies, cols }: Params,
): void {
  for (let row = 0; row < rows; row++) {
    const from = Math.floor(row / own) * copies;
    const [first = 0, end = 0] = firsts.subarray(row % own, (row % own) + 2);
    for (let c = 0; c < cols; c++) {
      let sum = 0;
      for (let e = first; e < end; e++) sum += dy[(from + (order[e] ?? 0)) * cols + c] ?? 0;
      dx[row * cols + c] = sum;
    }
  }
}
