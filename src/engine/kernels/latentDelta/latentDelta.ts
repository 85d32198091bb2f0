/** By how much changes of latents move a code. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { latentDeltaReference } from "./latentDelta.ref";
import wgsl from "./latentDelta.wgsl?raw";

export const latentDelta = defineKernel({
  name: "latentDelta",
  wgsl,
  reads: { ids: "u32", z: "f32", spans: "u32", changes: "u32", amounts: "f32", moments: "f32" },
  writes: { outIds: "u32", outValues: "f32" },
  params: {
    ...{ rows: "u32", width: "u32", zStride: "u32", outWidth: "u32" },
    ...{ hasMoments: "u32", scale: "f32" },
  },
  constants: { workgroupSize: 64 },
  grid: ({ rows, outWidth }) => flatGrid(Math.ceil((rows * outWidth) / 64)),
  reference: latentDeltaReference,
});
