/** Each row of one of two matrices. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { chooseRowsReference } from "./chooseRows.ref";
import wgsl from "./chooseRows.wgsl?raw";

export const chooseRows = defineKernel({
  name: "chooseRows",
  wgsl,
  reads: { spans: "u32", a: "f32", b: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", cols: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: chooseRowsReference,
});
