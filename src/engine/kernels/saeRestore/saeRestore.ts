/** An autoencoder's output in the units of its input. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { saeRestoreReference } from "./saeRestore.ref";
import wgsl from "./saeRestore.wgsl?raw";

export const saeRestore = defineKernel({
  name: "saeRestore",
  wgsl,
  reads: { x: "f32", moments: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", cols: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: saeRestoreReference,
});
