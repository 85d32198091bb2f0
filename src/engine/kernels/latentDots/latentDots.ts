/** Pullback of a sparse decoder to its values. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import sumOverWorkgroupWgsl from "../sumOverWorkgroup.wgsl?raw";
import { latentDotsReference } from "./latentDots.ref";
import wgsl from "./latentDots.wgsl?raw";

export const latentDots = defineKernel({
  name: "latentDots",
  wgsl: { "latentDots.wgsl": wgsl, "sumOverWorkgroup.wgsl": sumOverWorkgroupWgsl },
  reads: { g: "f32", ids: "u32", values: "f32", w: "f32" },
  writes: { d: "f32" },
  params: { rows: "u32", width: "u32", latents: "u32", cols: "u32" },
  constants: { workgroupSize: 64 },
  grid: ({ rows, width }) => flatGrid(rows * width),
  reference: latentDotsReference,
  simd: {
    name: "latentDots",
    args: (at, { rows, width, latents, cols }) => [
      ...[at.g, at.ids, at.values, at.w, at.d],
      ...[rows, width, latents, cols],
    ],
  },
});
