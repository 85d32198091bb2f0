/** Matrix product for 5 to 32 rows, weights in packed halves. */
import { defineKernel } from "../../device/kernel";
import { matmulArgs } from "../matmul/matmulArgs";
import { matmulSkinnyHalfReference } from "./matmulSkinnyHalf.ref";
import wgsl from "./matmulSkinnyHalf.wgsl?raw";

export const matmulSkinnyHalf = defineKernel({
  name: "matmulSkinnyHalf",
  wgsl,
  reads: { x: "f32", w: "u32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32", hasBias: "u32", yStride: "u32", yOffset: "u32" },
  grid: ({ cols, rows }) => [Math.ceil(cols / 32), Math.ceil(rows / 32), 1],
  reference: matmulSkinnyHalfReference,
  simd: { name: "matmulHalf", args: matmulArgs },
});
