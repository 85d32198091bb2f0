/** Root-mean-square normalisation of each row. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { rmsNormReference } from "./rmsNorm.ref";
import sumWgsl from "../sumOverWorkgroup.wgsl?raw";
import wgsl from "./rmsNorm.wgsl?raw";

export const rmsNorm = defineKernel({
  name: "rmsNorm",
  wgsl: { "rmsNorm.wgsl": wgsl, "sumOverWorkgroup.wgsl": sumWgsl },
  reads: { x: "f32", weight: "f32" },
  writes: { y: "f32", scale: "f32" },
  params: { rows: "u32", cols: "u32", eps: "f32", weightOffset: "f32" },
  constants: { workgroupSize: 64 },
  grid: ({ rows }) => flatGrid(rows),
  reference: rmsNormReference,
  simd: {
    name: "rmsNorm",
    args: (at, p) => [at.x, at.weight, at.y, at.scale, p.rows, p.cols, p.eps, p.weightOffset],
  },
});
