/** Layer normalisation of each row. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { layerNormReference } from "./layerNorm.ref";
import sumWgsl from "../sumOverWorkgroup.wgsl?raw";
import wgsl from "./layerNorm.wgsl?raw";

export const layerNorm = defineKernel({
  name: "layerNorm",
  wgsl: { "layerNorm.wgsl": wgsl, "sumOverWorkgroup.wgsl": sumWgsl },
  reads: { x: "f32", weight: "f32", bias: "f32" },
  writes: { y: "f32", scale: "f32" },
  params: { rows: "u32", cols: "u32", eps: "f32" },
  constants: { workgroupSize: 64 },
  grid: ({ rows }) => flatGrid(rows),
  reference: layerNormReference,
  simd: {
    name: "layerNorm",
    args: (at, p) => [at.x, at.weight, at.bias, at.y, at.scale, p.rows, p.cols, p.eps],
  },
});
