/** An autoencoder's decoder over all latents, in f32. */
import { defineKernel } from "../../device/kernel";
import { denseDecodeReference } from "./denseDecode.ref";
import wgsl from "./denseDecode.wgsl?raw";

export const denseDecode = defineKernel({
  name: "denseDecode",
  wgsl,
  reads: { z: "f32", w: "f32", start: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32", zStride: "u32", zOffset: "u32", startStride: "u32" },
  grid: ({ rows, cols }) => [Math.ceil(cols / 64), Math.ceil(rows / 64), 1],
  reference: denseDecodeReference,
  simd: {
    name: "denseDecode",
    args: (at, p) => [
      ...[at.z, at.w, at.start, at.y, p.rows, p.inner, p.cols],
      ...[p.zStride, p.zOffset, p.startStride],
    ],
  },
});
