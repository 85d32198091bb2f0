/** Matrix product for one to four rows, weights in packed halves. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { matmulArgs } from "../matmul/matmulArgs";
import { matvecHalfReference } from "./matvecHalf.ref";
import wgsl from "./matvecHalf.wgsl?raw";

export const matvecHalf = defineKernel({
  name: "matvecHalf",
  wgsl,
  reads: { x: "f32", w: "u32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32", hasBias: "u32", yStride: "u32", yOffset: "u32" },
  grid: ({ cols }) => flatGrid(Math.ceil(cols / 4)),
  reference: matvecHalfReference,
  simd: { name: "matmulHalf", args: matmulArgs },
});
