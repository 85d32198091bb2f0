/** Sum of two tensors of one shape: what every sublayer adds to the residual stream. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { addReference } from "./add.ref";
import wgsl from "./add.wgsl?raw";

export const add = defineKernel({
  name: "add",
  wgsl,
  reads: { a: "f32", b: "f32" },
  writes: { y: "f32" },
  params: { count: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ count }) => flatGrid(Math.ceil(count / 256)),
  reference: addReference,
  simd: { name: "add", args: (at, { count }) => [at.a, at.b, at.y, count] },
});
