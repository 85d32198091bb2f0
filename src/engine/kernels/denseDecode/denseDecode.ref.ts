/** Reference of the dense decoders, over weights of any storage: plain loops, sums in f64. */
import type { Weights, WeightsView } from "../weights/weights";

interface Views<W extends "f32" | "u32"> {
  readonly z: Float32Array;
  readonly w: WeightsView<W>;
  readonly start: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly zStride: number;
  readonly zOffset: number;
  readonly startStride: number;
}

export function denseDecodeReference<W extends "f32" | "u32">({ at }: Weights<W>) {
  return (
    { z, w, start, y }: Views<W>,
    { rows, inner, cols, zStride, zOffset, startStride }: Params,
  ): void => {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) {
        let sum = start[r * startStride + c] ?? 0;
        for (let l = 0; l < inner; l++) sum += (z[r * zStride + zOffset + l] ?? 0) * at(w, cols, l, c);
        y[r * cols + c] = sum;
      }
    }
  };
}
