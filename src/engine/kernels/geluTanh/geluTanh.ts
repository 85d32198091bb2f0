/** GELU in its tanh form, GPT-2's `gelu_new`. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { geluTanhReference } from "./geluTanh.ref";
import wgsl from "./geluTanh.wgsl?raw";

export const geluTanh = defineKernel({
  name: "geluTanh",
  wgsl,
  reads: { x: "f32" },
  writes: { y: "f32" },
  params: { count: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ count }) => flatGrid(Math.ceil(count / 256)),
  reference: geluTanhReference,
  simd: { name: "geluTanh", args: (at, { count }) => [at.x, at.y, count] },
});
