/** Reference of the embeddings, over weights of any storage. */
import type { Weights, WeightsView } from "../weights/weights";

interface Views<W extends "f32" | "u32"> {
  readonly ids: Uint32Array;
  readonly w: WeightsView<W>;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly firstRow: number;
  readonly tableRows: number;
}

export function embeddingReference<W extends "f32" | "u32">({ at }: Weights<W>) {
  return ({ ids, w, y }: Views<W>, { rows, cols, firstRow, tableRows }: Params): void => {
    for (let r = 0; r < rows; r++) {
      const tableRow = (ids[r] ?? 0) - firstRow;
      if (tableRow < 0 || tableRow >= tableRows) {
        if (firstRow === 0) y.fill(0, r * cols, (r + 1) * cols);
        continue;
      }
      for (let c = 0; c < cols; c++) y[r * cols + c] = at(w, cols, tableRow, c);
    }
  };
}
