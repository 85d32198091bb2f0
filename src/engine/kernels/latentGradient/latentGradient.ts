/** Gradient of an encoder's or decoder's rows, from the rows of a batch that use each latent. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { latentGradientReference } from "./latentGradient.ref";
import wgsl from "./latentGradient.wgsl?raw";

export const latentGradient = defineKernel({
  name: "latentGradient",
  wgsl,
  reads: { d: "f32", x: "f32", order: "u32", firsts: "u32" },
  writes: { dw: "f32", db: "f32" },
  params: { latents: "u32", width: "u32", cols: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ latents, cols }) => flatGrid(Math.ceil((latents * cols) / 256)),
  reference: latentGradientReference,
  simd: {
    name: "latentGradient",
    args: (at, { latents, width, cols }) => [
      ...[at.d, at.x, at.order, at.firsts, at.dw, at.db],
      ...[latents, width, cols],
    ],
  },
});
