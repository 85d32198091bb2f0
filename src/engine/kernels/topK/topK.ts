/** The k most probable next tokens, on the device: what a run's `top` asks for. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { topKReference } from "./topK.ref";
import wgsl from "./topK.wgsl?raw";

export const topK = defineKernel({
  name: "topK",
  wgsl,
  reads: { logits: "f32" },
  writes: { ids: "u32", logProbs: "f32" },
  params: { rows: "u32", cols: "u32", k: "u32" },
  grid: ({ rows }) => flatGrid(rows),
  reference: topKReference,
});
