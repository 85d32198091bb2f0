/** Product of two tensors of one shape, element by element: a gated MLP. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { multiplyReference } from "./multiply.ref";
import wgsl from "./multiply.wgsl?raw";

export const multiply = defineKernel({
  name: "multiply",
  wgsl,
  reads: { a: "f32", b: "f32" },
  writes: { y: "f32" },
  params: { count: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ count }) => flatGrid(Math.ceil(count / 256)),
  reference: multiplyReference,
  simd: { name: "multiply", args: (at, { count }) => [at.a, at.b, at.y, count] },
});
