/** Seeded choice of the next token, on the device, with temperature, top-k and top-p. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { sampleTokenReference } from "./sampleToken.ref";
import wgsl from "./sampleToken.wgsl?raw";

export const sampleToken = defineKernel({
  name: "sampleToken",
  wgsl,
  reads: { logits: "f32" },
  writes: { ids: "u32" },
  params: {
    rows: "u32",
    cols: "u32",
    temperature: "f32",
    topK: "u32",
    topP: "f32",
    seed: "u32",
    step: "u32",
  },
  grid: ({ rows }) => flatGrid(rows),
  reference: sampleTokenReference,
});
