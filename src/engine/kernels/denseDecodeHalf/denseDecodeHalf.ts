/** An autoencoder's decoder over all latents, in packed halves. */
import { defineKernel } from "../../device/kernel";
import { denseDecodeHalfReference } from "./denseDecodeHalf.ref";
import wgsl from "./denseDecodeHalf.wgsl?raw";

export const denseDecodeHalf = defineKernel({
  name: "denseDecodeHalf",
  wgsl,
  reads: { z: "f32", w: "u32", start: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32", zStride: "u32", zOffset: "u32", startStride: "u32" },
  grid: ({ rows, cols }) => [Math.ceil(cols / 64), Math.ceil(rows / 64), 1],
  reference: denseDecodeHalfReference,
  simd: {
    name: "denseDecodeHalf",
    args: (at, p) => [
      ...[at.z, at.w, at.start, at.y, p.rows, p.inner, p.cols],
      ...[p.zStride, p.zOffset, p.startStride],
    ],
  },
});
