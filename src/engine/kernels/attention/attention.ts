/** Fused attention: scores, softmax and mix in one dispatch, used where no tap inside attention is asked for. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { attentionReference } from "./attention.ref";
import wgsl from "./attention.wgsl?raw";

export const attention = defineKernel({
  name: "attention",
  wgsl,
  reads: { q: "f32", keys: "f32", values: "f32", visible: "u32", spans: "u32" },
  writes: { z: "f32" },
  params: {
    queries: "u32",
    heads: "u32",
    kvHeads: "u32",
    dHead: "u32",
    qStride: "u32",
    qOffset: "u32",
    scale: "f32",
  },
  constants: { tile: 64 },
  grid: ({ queries, heads }) => flatGrid(queries * heads),
  reference: attentionReference,
});
