/** Matrix product for many rows, weights in packed halves. */
import { defineKernel } from "../../device/kernel";
import { matmulArgs } from "../matmul/matmulArgs";
import { matmulTiledHalfReference } from "./matmulTiledHalf.ref";
import wgsl from "./matmulTiledHalf.wgsl?raw";

export const matmulTiledHalf = defineKernel({
  name: "matmulTiledHalf",
  wgsl,
  reads: { x: "f32", w: "u32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32", hasBias: "u32", yStride: "u32", yOffset: "u32" },
  grid: ({ cols, rows }) => [Math.ceil(cols / 64), Math.ceil(rows / 64), 1],
  reference: matmulTiledHalfReference,
  simd: { name: "matmulHalf", args: matmulArgs },
});
