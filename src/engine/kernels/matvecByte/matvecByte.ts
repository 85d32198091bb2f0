/** Matrix product for one to four rows, weights in 8-bit rows. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { matmulArgs } from "../matmul/matmulArgs";
import { matvecByteReference } from "./matvecByte.ref";
import wgsl from "./matvecByte.wgsl?raw";

export const matvecByte = defineKernel({
  name: "matvecByte",
  wgsl,
  reads: { x: "f32", w: "u32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32", hasBias: "u32", yStride: "u32", yOffset: "u32" },
  grid: ({ cols }) => flatGrid(Math.ceil(cols / 4)),
  reference: matvecByteReference,
  simd: { name: "matmulByte", args: matmulArgs },
});
