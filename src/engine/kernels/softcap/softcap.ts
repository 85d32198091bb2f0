/** Soft cap of Gemma 2's attention scores and logits: bounded, nearly the identity near zero. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { softcapReference } from "./softcap.ref";
import wgsl from "./softcap.wgsl?raw";

export const softcap = defineKernel({
  name: "softcap",
  wgsl,
  reads: { x: "f32" },
  writes: { y: "f32" },
  params: { count: "u32", cap: "f32" },
  constants: { workgroupSize: 256 },
  grid: ({ count }) => flatGrid(Math.ceil(count / 256)),
  reference: softcapReference,
  simd: { name: "softcap", args: (at, p) => [at.x, at.y, p.count, p.cap] },
});
