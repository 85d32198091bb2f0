/** One step of AdamW on rows that stay of length 1, in place. */
import { defineKernel } from "../../device/kernel";
import { ADAM_PARAMS } from "../adam/adam";
import adamMovedWgsl from "../adam/adamMoved.wgsl?raw";
import { flatGrid } from "../grid";
import sumOverWorkgroupWgsl from "../sumOverWorkgroup.wgsl?raw";
import { adamUnitRowsReference } from "./adamUnitRows.ref";
import wgsl from "./adamUnitRows.wgsl?raw";

export const adamUnitRows = defineKernel({
  name: "adamUnitRows",
  wgsl: {
    "adamUnitRows.wgsl": wgsl,
    "adamMoved.wgsl": adamMovedWgsl,
    "sumOverWorkgroup.wgsl": sumOverWorkgroupWgsl,
  },
  reads: { g: "f32" },
  writes: { w: "f32", m: "f32", v: "f32" },
  params: { rows: "u32", cols: "u32", ...ADAM_PARAMS },
  constants: { workgroupSize: 64 },
  grid: ({ rows }) => flatGrid(rows),
  reference: adamUnitRowsReference,
  simd: {
    name: "adamUnitRows",
    args: (at, p) => [
      ...[at.g, at.w, at.m, at.v, p.rows, p.cols, p.rate, p.beta1, p.beta2, p.eps, p.decay],
      ...[p.correction1, p.correction2, p.gradientScale],
    ],
  },
});
