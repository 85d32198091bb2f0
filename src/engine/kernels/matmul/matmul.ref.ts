/** The slow, obvious matrix product over weights of any storage: plain loops, sums in f64. */
import type { Weights, WeightsView } from "../weights/weights";

interface Views<W extends "f32" | "u32"> {
  readonly x: Float32Array;
  readonly w: WeightsView<W>;
  readonly bias: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly hasBias: number;
  readonly yStride: number;
  readonly yOffset: number;
}

export function matmulReference<W extends "f32" | "u32">({ at }: Weights<W>) {
  return ({ x, w, bias, y }: Views<W>, params: Params): void => {
    const { rows, inner, cols, hasBias, yStride, yOffset } = params;
    const weights = new Float64Array(inner);
    for (let c = 0; c < cols; c++) {
      for (let k = 0; k < inner; k++) weights[k] = at(w, inner, c, k);
      for (let r = 0; r < rows; r++) {
        let sum = hasBias ? (bias[yOffset + c] ?? 0) : 0;
        for (let k = 0; k < inner; k++) sum += (x[r * inner + k] ?? 0) * (weights[k] ?? 0);
        y[r * yStride + yOffset + c] = sum;
      }
    }
  };
}
