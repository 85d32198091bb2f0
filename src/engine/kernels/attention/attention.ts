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
    cap: "f32",
    maxAlibiBias: "f32",
    positionsAt: "u32",
  },
  constants: { tile: 64 },
  grid: ({ queries, heads }) => flatGrid(queries * heads),
  reference: attentionReference,
  simd: {
    name: "attention",
    args: (at, p, scratch) => [
      ...[at.q, at.keys, at.values, at.visible, at.spans, at.z],
      ...[p.queries, p.heads, p.kvHeads, p.dHead, p.qStride, p.qOffset, p.scale, p.cap],
      ...[p.maxAlibiBias, p.positionsAt],
      // A tile of 256 keys: their offsets, weights and distances; then of each head the running maximum and total, and
      // ALiBi's slope.
      scratch(3072 + 12 * p.heads),
    ],
  },
});
