/** One step of AdamW, in place. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { adamReference } from "./adam.ref";
import wgsl from "./adam.wgsl?raw";
import adamMovedWgsl from "./adamMoved.wgsl?raw";

/** What a step of Adam needs to know besides its arrays. */
export const ADAM_PARAMS = {
  rate: "f32",
  beta1: "f32",
  beta2: "f32",
  eps: "f32",
  decay: "f32",
  correction1: "f32",
  correction2: "f32",
  gradientScale: "f32",
} as const;

export const adam = defineKernel({
  name: "adam",
  wgsl: { "adam.wgsl": wgsl, "adamMoved.wgsl": adamMovedWgsl },
  reads: { g: "f32" },
  writes: { w: "f32", m: "f32", v: "f32" },
  params: { count: "u32", ...ADAM_PARAMS },
  constants: { workgroupSize: 256 },
  grid: ({ count }) => flatGrid(Math.ceil(count / 256)),
  reference: adamReference,
  simd: {
    name: "adam",
    args: (at, p) => [
      ...[at.g, at.w, at.m, at.v, p.count, p.rate, p.beta1, p.beta2, p.eps, p.decay],
      ...[p.correction1, p.correction2, p.gradientScale],
    ],
  },
});
