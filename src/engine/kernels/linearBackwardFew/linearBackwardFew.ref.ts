/** Reference of `linearBackwardFew`, over weights of any storage: plain loops, sums in f64. */
import type { Weights, WeightsView } from "../weights/weights";

interface Views<W extends "f32" | "u32"> {
  readonly dy: Float32Array;
  readonly w: WeightsView<W>;
  readonly parts: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly yStride: number;
  readonly yOffset: number;
  readonly slice: number;
}

export function linearBackwardFewReference<W extends "f32" | "u32">({ at }: Weights<W>) {
  return ({ dy, w, parts }: Views<W>, params: Params): void => {
    const { rows, inner, cols, yStride, yOffset, slice } = params;
    const sums = new Float64Array(inner);
    for (let first = 0; first < cols; first += slice) {
      for (let r = 0; r < rows; r++) {
        sums.fill(0);
        for (let o = first; o < Math.min(cols, first + slice); o++) {
          const value = dy[r * yStride + yOffset + o] ?? 0;
          for (let i = 0; i < inner; i++) sums[i] = (sums[i] ?? 0) + value * at(w, inner, o, i);
        }
        parts.set(sums, ((first / slice) * rows + r) * inner);
      }
    }
  };
}
