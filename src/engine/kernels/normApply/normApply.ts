/** A norm with a given scale: runs only where the scale that a norm wrote was edited. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { normApplyReference } from "./normApply.ref";
import wgsl from "./normApply.wgsl?raw";

export const normApply = defineKernel({
  name: "normApply",
  wgsl,
  reads: { x: "f32", scale: "f32", weight: "f32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", cols: "u32", centred: "u32", weightOffset: "f32" },
  constants: { workgroupSize: 64 },
  grid: ({ rows }) => flatGrid(rows),
  reference: normApplyReference,
  simd: {
    name: "normApply",
    args: (at, p) => [
      ...[at.x, at.scale, at.weight, at.bias, at.y],
      ...[p.rows, p.cols, p.centred, p.weightOffset],
    ],
  },
});
