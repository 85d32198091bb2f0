/** Rectifier: the activation of the toy transformers. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { reluReference } from "./relu.ref";
import wgsl from "./relu.wgsl?raw";

export const relu = defineKernel({
  name: "relu",
  wgsl,
  reads: { x: "f32" },
  writes: { y: "f32" },
  params: { count: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ count }) => flatGrid(Math.ceil(count / 256)),
  reference: reluReference,
  simd: { name: "relu", args: (at, { count }) => [at.x, at.y, count] },
});
