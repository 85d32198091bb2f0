/** Matrix product for one to four rows. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { matmulArgs } from "../matmul/matmulArgs";
import { matvecReference } from "./matvec.ref";
import wgsl from "./matvec.wgsl?raw";

export const matvec = defineKernel({
  name: "matvec",
  wgsl,
  reads: { x: "f32", w: "f32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", inner: "u32", cols: "u32", hasBias: "u32", yStride: "u32", yOffset: "u32" },
  grid: ({ cols }) => flatGrid(Math.ceil(cols / 4)),
  reference: matvecReference,
  simd: { name: "matmul", args: matmulArgs },
});
