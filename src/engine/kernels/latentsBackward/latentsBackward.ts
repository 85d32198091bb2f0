/** Pullback of changes of latents, from the decoder's side to the encoder's. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { latentsBackwardReference } from "./latentsBackward.ref";
import wgsl from "./latentsBackward.wgsl?raw";

export const latentsBackward = defineKernel({
  name: "latentsBackward",
  wgsl,
  reads: { g: "f32", ids: "u32", z: "f32", spans: "u32", changes: "u32", amounts: "f32", gain: "f32" },
  writes: { d: "f32" },
  params: {
    ...{ rows: "u32", own: "u32", latents: "u32", width: "u32" },
    ...{ zStride: "u32", dropped: "u32", hasGain: "u32" },
  },
  constants: { workgroupSize: 256 },
  grid: ({ rows, latents }) => flatGrid(Math.ceil((rows * latents) / 256)),
  reference: latentsBackwardReference,
});
