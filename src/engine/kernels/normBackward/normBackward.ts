/** Pullback of a norm whose scale is an input of its own. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { normBackwardReference } from "./normBackward.ref";
import sumWgsl from "../sumOverWorkgroup.wgsl?raw";
import wgsl from "./normBackward.wgsl?raw";

export const normBackward = defineKernel({
  name: "normBackward",
  wgsl: { "normBackward.wgsl": wgsl, "sumOverWorkgroup.wgsl": sumWgsl },
  reads: { dy: "f32", x: "f32", scale: "f32", weight: "f32" },
  writes: { dx: "f32", dScale: "f32" },
  params: { rows: "u32", own: "u32", cols: "u32", centred: "u32", weightOffset: "f32" },
  constants: { workgroupSize: 64 },
  grid: ({ rows }) => flatGrid(rows),
  reference: normBackwardReference,
  simd: {
    name: "normBackward",
    args: (at, p) => [
      ...[at.dy, at.x, at.scale, at.weight, at.dx, at.dScale],
      ...[p.rows, p.own, p.cols, p.centred, p.weightOffset],
    ],
  },
});
