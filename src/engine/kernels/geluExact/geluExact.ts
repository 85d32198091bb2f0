/** GELU in its exact form, `gelu`. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { geluExactReference } from "./geluExact.ref";
import wgsl from "./geluExact.wgsl?raw";

export const geluExact = defineKernel({
  name: "geluExact",
  wgsl,
  reads: { x: "f32" },
  writes: { y: "f32" },
  params: { count: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ count }) => flatGrid(Math.ceil(count / 256)),
  reference: geluExactReference,
  simd: { name: "geluExact", args: (at, { count }) => [at.x, at.y, count] },
});
