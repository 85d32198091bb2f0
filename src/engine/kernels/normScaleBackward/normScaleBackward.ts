/** Pullback of what a norm divides by. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { normScaleBackwardReference } from "./normScaleBackward.ref";
import sumWgsl from "../sumOverWorkgroup.wgsl?raw";
import wgsl from "./normScaleBackward.wgsl?raw";

export const normScaleBackward = defineKernel({
  name: "normScaleBackward",
  wgsl: { "normScaleBackward.wgsl": wgsl, "sumOverWorkgroup.wgsl": sumWgsl },
  reads: { dScale: "f32", x: "f32", scale: "f32" },
  writes: { dx: "f32" },
  params: { rows: "u32", own: "u32", cols: "u32", centred: "u32" },
  constants: { workgroupSize: 64 },
  grid: ({ rows }) => flatGrid(rows),
  reference: normScaleBackwardReference,
  simd: {
    name: "normScaleBackward",
    args: (at, p) => [at.dScale, at.x, at.scale, at.dx, p.rows, p.own, p.cols, p.centred],
  },
});
