/** Keeps, scales, adds to or replaces chosen elements of an activation: the kernel of every intervention. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { editRowsReference } from "./editRows.ref";
import wgsl from "./editRows.wgsl?raw";

/** An entry without values. */
export const NO_VALUES = 0xffffffff;

export const editRows = defineKernel({
  name: "editRows",
  wgsl,
  reads: { x: "f32", spans: "u32", entries: "u32", keeps: "f32", values: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", cols: "u32", offset: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: editRowsReference,
});
