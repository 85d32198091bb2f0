/** Adds one bias row to every row of a matrix. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { addBiasReference } from "./addBias.ref";
import wgsl from "./addBias.wgsl?raw";

export const addBias = defineKernel({
  name: "addBias",
  wgsl,
  reads: { x: "f32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", cols: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: addBiasReference,
});
