/** Matrix product for 5 to 32 rows. */
import { defineKernel } from "../../device/kernel";
import { matmulArgs } from "../matmul/matmulArgs";
import { matmulSkinnyReference } from "./matmulSkinny.ref";
import wgsl from "./matmulSkinny.wgsl?raw";

export const matmulSkinny = defineKernel({
  name: "matmulSkinny",
  wgsl,
  reads: { x: "f32", w: "f32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32", hasBias: "u32", yStride: "u32", yOffset: "u32" },
  grid: ({ cols, rows }) => [Math.ceil(cols / 32), Math.ceil(rows / 32), 1],
  reference: matmulSkinnyReference,
  simd: { name: "matmul", args: matmulArgs },
});
