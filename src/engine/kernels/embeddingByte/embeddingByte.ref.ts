/** Reference of `embeddingByte`. */
import { byteRowWeight } from "../byteRows";

interface Views {
  readonly table: Uint32Array;
  readonly ids: Uint32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly firstRow: number;
  readonly tableRows: number;
}

export function embeddingByteReference(
  { table, ids, y }: Views,
  { rows, cols, firstRow, tableRows }: Params,
): void {
  for (let r = 0; r < rows; r++) {
    const tableRow = (ids[r] ?? 0) - firstRow;
    if (tableRow < 0 || tableRow >= tableRows) {
      if (firstRow === 0) y.fill(0, r * cols, (r + 1) * cols);
      continue;
    }
    for (let c = 0; c < cols; c++) {
      y[r * cols + c] = byteRowWeight(table, cols, tableRow, c);
    }
  }
}
