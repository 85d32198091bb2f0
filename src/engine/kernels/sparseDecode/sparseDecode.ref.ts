/** Reference of `sparseDecode` and, over halves, of `sparseDecodeHalf`: plain loops, sums in f64. */
interface Views {
  readonly ids: Uint32Array;
  readonly values: Float32Array;
  readonly w: Float32Array;
  readonly start: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly width: number;
  readonly used: number;
  readonly firstRow: number;
  readonly tableRows: number;
  readonly startStride: number;
}

export function sparseDecodeReference({ w, ...views }: Views, params: Params): void {
  decode(views, params, (row, c) => w[row * params.cols + c] ?? 0);
}

export function decode(
  { ids, values, start, y }: Omit<Views, "w">,
  { rows, cols, width, used, firstRow, tableRows, startStride }: Params,
  weight: (tableRow: number, column: number) => number,
): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      let sum = start[r * startStride + c] ?? 0;
      for (let n = r * width; n < r * width + used; n++) {
        const tableRow = (ids[n] ?? 0) - firstRow;
        if (tableRow >= 0 && tableRow < tableRows) sum += (values[n] ?? 0) * weight(tableRow, c);
      }
      y[r * cols + c] = sum;
    }
  }
}
