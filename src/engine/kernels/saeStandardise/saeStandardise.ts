/** An autoencoder's input, each row normalised by its own mean and deviation, and centred. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { saeStandardiseReference } from "./saeStandardise.ref";
import sumWgsl from "../sumOverWorkgroup.wgsl?raw";
import wgsl from "./saeStandardise.wgsl?raw";

export const saeStandardise = defineKernel({
  name: "saeStandardise",
  wgsl: { "saeStandardise.wgsl": wgsl, "sumOverWorkgroup.wgsl": sumWgsl },
  reads: { x: "f32", bias: "f32" },
  writes: { y: "f32", moments: "f32" },
  params: { rows: "u32", cols: "u32", eps: "f32", centred: "u32", hasBias: "u32" },
  constants: { workgroupSize: 64 },
  grid: ({ rows }) => flatGrid(rows),
  reference: saeStandardiseReference,
});
