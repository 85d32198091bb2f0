/** Reference of `linearBackward`, over weights of any storage: plain loops, sums in f64. */
import type { Weights, WeightsView } from "../weights/weights";

interface Views<W extends "f32" | "u32"> {
  readonly dy: Float32Array;
  readonly w: WeightsView<W>;
  readonly start: Float32Array;
  readonly dx: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly yStride: number;
  readonly yOffset: number;
  readonly hasStart: number;
}

export function linearBackwardReference<W extends "f32" | "u32">({ at }: Weights<W>) {
  return ({ dy, w, start, dx }: Views<W>, params: Params): void => {
    const { rows, inner, cols, yStride, yOffset, hasStart } = params;
    const sums = new Float64Array(inner);
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < inner; i++) sums[i] = hasStart ? (start[r * inner + i] ?? 0) : 0;
      for (let o = 0; o < cols; o++) {
        const value = dy[r * yStride + yOffset + o] ?? 0;
        for (let i = 0; i < inner; i++) sums[i] = (sums[i] ?? 0) + value * at(w, inner, o, i);
      }
      dx.set(sums, r * inner);
    }
  };
}
