/** Pullback of the matrix products to their weights, in f32 whatever stores them. */
import { defineKernel } from "../../device/kernel";
import { linearWeightsBackwardReference } from "./linearWeightsBackward.ref";
import wgsl from "./linearWeightsBackward.wgsl?raw";

export const linearWeightsBackward = defineKernel({
  name: "linearWeightsBackward",
  wgsl,
  reads: { dy: "f32", x: "f32" },
  writes: { dw: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32" },
  grid: ({ inner, cols }) => [Math.ceil(inner / 64), Math.ceil(cols / 64), 1],
  reference: linearWeightsBackwardReference,
  simd: {
    name: "linearWeightsBackward",
    args: (at, p) => [at.dy, at.x, at.dw, p.rows, p.inner, p.cols],
  },
});
