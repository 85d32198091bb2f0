/** Matrix product for many rows. */
import { defineKernel } from "../../device/kernel";
import { matmulArgs } from "../matmul/matmulArgs";
import { matmulTiledReference } from "./matmulTiled.ref";
import wgsl from "./matmulTiled.wgsl?raw";

export const matmulTiled = defineKernel({
  name: "matmulTiled",
  wgsl,
  reads: { x: "f32", w: "f32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32", hasBias: "u32", yStride: "u32", yOffset: "u32" },
  grid: ({ cols, rows }) => [Math.ceil(cols / 64), Math.ceil(rows / 64), 1],
  reference: matmulTiledReference,
  simd: { name: "matmul", args: matmulArgs },
});
