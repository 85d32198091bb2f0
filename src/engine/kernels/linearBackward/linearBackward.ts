/** Pullback of the matrix products, for each way of storing weights. */
import { defineKernel } from "../../device/kernel";
import { BYTE, F32, HALF, type Weights } from "../weights/weights";
import { linearBackwardReference } from "./linearBackward.ref";
import wgsl from "./linearBackward.wgsl?raw";

/** A panel of eight columns by 256 output features, and a tile of outputs. */
const SCRATCH_BYTES = 128 + 8 * 256 * 4;

function member<W extends "f32" | "u32">(weights: Weights<W>) {
  return defineKernel({
    name: `linearBackward${weights.suffix}`,
    wgsl: { "linearBackward.wgsl": wgsl, ...weights.wgsl },
    reads: { dy: "f32", w: weights.type, start: "f32" },
    writes: { dx: "f32" },
    params: { rows: "u32", inner: "u32", cols: "u32", yStride: "u32", yOffset: "u32", hasStart: "u32" },
    grid: ({ rows, inner }) => [Math.ceil(inner / 64), Math.ceil(rows / 64), 1],
    reference: linearBackwardReference(weights),
    simd: {
      name: `linearBackward${weights.suffix}`,
      args: (at, p, scratch) => [
        ...[at.dy, at.w, at.start, at.dx, p.rows, p.inner, p.cols, p.yStride, p.yOffset, p.hasStart],
        scratch(SCRATCH_BYTES),
      ],
    },
  });
}

export const linearBackward = member(F32);
export const linearBackwardHalf = member(HALF);
export const linearBackwardByte = member(BYTE);
