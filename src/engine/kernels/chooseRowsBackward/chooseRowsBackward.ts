/** Pullback of putting rows of one matrix in the place of another's. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { chooseRowsBackwardReference } from "./chooseRowsBackward.ref";
import wgsl from "./chooseRowsBackward.wgsl?raw";

export const chooseRowsBackward = defineKernel({
  name: "chooseRowsBackward",
  wgsl,
  reads: { dy: "f32", spans: "u32" },
  writes: { dx: "f32" },
  params: { rows: "u32", own: "u32", cols: "u32", changed: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: chooseRowsBackwardReference,
});
