/** Reference of the sparse decoders, over weights of any storage: plain loops, sums in f64. */
import type { Weights, WeightsView } from "../weights/weights";

interface Views<W extends "f32" | "u32"> {
  readonly ids: Uint32Array;
  readonly values: Float32Array;
  readonly w: WeightsView<W>;
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

export function sparseDecodeReference<W extends "f32" | "u32">({ at }: Weights<W>) {
  return (
    { ids, w, values, start, y }: Views<W>,
    { rows, cols, width, used, firstRow, tableRows, startStride }: Params,
  ): void => {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) {
        let sum = start[r * startStride + c] ?? 0;
        for (let n = r * width; n < r * width + used; n++) {
          const tableRow = (ids[n] ?? 0) - firstRow;
          if (tableRow >= 0 && tableRow < tableRows) sum += (values[n] ?? 0) * at(w, cols, tableRow, c);
        }
        y[r * cols + c] = sum;
      }
    }
  };
}
