/** Matrix product for many rows, weights in 8-bit rows. */
import { defineKernel } from "../../device/kernel";
import { matmulArgs } from "../matmul/matmulArgs";
import { matmulTiledByteReference } from "./matmulTiledByte.ref";
import wgsl from "./matmulTiledByte.wgsl?raw";

export const matmulTiledByte = defineKernel({
  name: "matmulTiledByte",
  wgsl,
  reads: { x: "f32", w: "u32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32", hasBias: "u32", yStride: "u32", yOffset: "u32" },
  grid: ({ cols, rows }) => [Math.ceil(cols / 64), Math.ceil(rows / 64), 1],
  reference: matmulTiledByteReference,
  simd: { name: "matmulByte", args: matmulArgs },
});
