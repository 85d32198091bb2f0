/** An autoencoder's input, scaled by a constant and centred. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { saeCentreReference } from "./saeCentre.ref";
import wgsl from "./saeCentre.wgsl?raw";

export const saeCentre = defineKernel({
  name: "saeCentre",
  wgsl,
  reads: { x: "f32", bias: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", cols: "u32", factor: "f32", hasBias: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: saeCentreReference,
});
