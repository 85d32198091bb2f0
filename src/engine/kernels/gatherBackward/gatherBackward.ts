/** Pullback of rows by index. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { gatherBackwardReference } from "./gatherBackward.ref";
import wgsl from "./gatherBackward.wgsl?raw";

export const gatherBackward = defineKernel({
  name: "gatherBackward",
  wgsl,
  reads: { dy: "f32", order: "u32", firsts: "u32" },
  writes: { dx: "f32" },
  params: { rows: "u32", own: "u32", copies: "u32", cols: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: gatherBackwardReference,
});
