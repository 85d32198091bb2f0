/** Slices of a sum, added up. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { sumSlicesReference } from "./sumSlices.ref";
import wgsl from "./sumSlices.wgsl?raw";

export const sumSlices = defineKernel({
  name: "sumSlices",
  wgsl,
  reads: { parts: "f32", start: "f32" },
  writes: { y: "f32" },
  params: { count: "u32", slices: "u32", hasStart: "u32" },
  constants: { workgroupSize: 64 },
  grid: ({ count }) => flatGrid(Math.ceil(count / 64)),
  reference: sumSlicesReference,
});
