/** The activation of gated autoencoders. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { gatedLatentsReference } from "./gatedLatents.ref";
import wgsl from "./gatedLatents.wgsl?raw";

export const gatedLatents = defineKernel({
  name: "gatedLatents",
  wgsl,
  reads: { x: "f32", gateBias: "f32", scale: "f32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", cols: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: gatedLatentsReference,
  simd: {
    name: "gatedLatents",
    args: (at, { rows, cols }) => [at.x, at.gateBias, at.scale, at.bias, at.y, rows, cols],
  },
});
