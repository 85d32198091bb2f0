/** Pullback of matrix products of few rows, in slices, for each way of storing weights. */
import { defineKernel } from "../../device/kernel";
import { BYTE, F32, HALF, type Weights } from "../weights/weights";
import { linearBackwardFewReference } from "./linearBackwardFew.ref";
import wgsl from "./linearBackwardFew.wgsl?raw";

function member<W extends "f32" | "u32">(weights: Weights<W>) {
  return defineKernel({
    name: `linearBackwardFew${weights.suffix}`,
    wgsl: { "linearBackwardFew.wgsl": wgsl, ...weights.wgsl },
    reads: { dy: "f32", w: weights.type },
    writes: { parts: "f32" },
    params: { rows: "u32", inner: "u32", cols: "u32", yStride: "u32", yOffset: "u32", slice: "u32" },
    grid: ({ inner, cols, slice }) => [Math.ceil(inner / (64 * weights.perWord)), Math.ceil(cols / slice), 1],
    reference: linearBackwardFewReference(weights),
    simd: {
      name: `linearBackwardFew${weights.suffix}`,
      args: (at, p) => [at.dy, at.w, at.parts, p.rows, p.inner, p.cols, p.yStride, p.yOffset, p.slice],
    },
  });
}

export const linearBackwardFew = member(F32);
export const linearBackwardFewHalf = member(HALF);
export const linearBackwardFewByte = member(BYTE);
