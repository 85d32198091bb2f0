/** A tensor times a number: Gemma's embeddings. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { scaleReference } from "./scale.ref";
import wgsl from "./scale.wgsl?raw";

export const scale = defineKernel({
  name: "scale",
  wgsl,
  reads: { x: "f32" },
  writes: { y: "f32" },
  params: { count: "u32", factor: "f32" },
  constants: { workgroupSize: 256 },
  grid: ({ count }) => flatGrid(Math.ceil(count / 256)),
  reference: scaleReference,
});
