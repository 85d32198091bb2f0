/** Pullback of every intervention on an activation. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { editRowsBackwardReference } from "./editRowsBackward.ref";
import wgsl from "./editRowsBackward.wgsl?raw";

export const editRowsBackward = defineKernel({
  name: "editRowsBackward",
  wgsl,
  reads: { dy: "f32", spans: "u32", entries: "u32", keeps: "f32" },
  writes: { dx: "f32" },
  params: { rows: "u32", own: "u32", cols: "u32", offset: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: editRowsBackwardReference,
});
