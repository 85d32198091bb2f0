/** Matrix product for 5 to 32 rows, weights in 8-bit rows. */
import { defineKernel } from "../../device/kernel";
import { matmulArgs } from "../matmul/matmulArgs";
import { matmulSkinnyByteReference } from "./matmulSkinnyByte.ref";
import wgsl from "./matmulSkinnyByte.wgsl?raw";

export const matmulSkinnyByte = defineKernel({
  name: "matmulSkinnyByte",
  wgsl,
  reads: { x: "f32", w: "u32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32", hasBias: "u32", yStride: "u32", yOffset: "u32" },
  grid: ({ cols, rows }) => [Math.ceil(cols / 32), Math.ceil(rows / 32), 1],
  reference: matmulSkinnyByteReference,
  simd: { name: "matmulByte", args: matmulArgs },
});
