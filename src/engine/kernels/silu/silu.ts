/** SiLU, also called swish: the gate of Llama-like MLPs. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { siluReference } from "./silu.ref";
import wgsl from "./silu.wgsl?raw";

export const silu = defineKernel({
  name: "silu",
  wgsl,
  reads: { x: "f32" },
  writes: { y: "f32" },
  params: { count: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ count }) => flatGrid(Math.ceil(count / 256)),
  reference: siluReference,
  simd: { name: "silu", args: (at, { count }) => [at.x, at.y, count] },
});
