/** Attention scores as a tensor: what `attn.scores` captures and edits. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { attentionScoresReference } from "./attentionScores.ref";
import wgsl from "./attentionScores.wgsl?raw";

export const attentionScores = defineKernel({
  name: "attentionScores",
  wgsl,
  reads: { q: "f32", keys: "f32", visible: "u32", spans: "u32" },
  writes: { scores: "f32" },
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
    stride: "u32",
  },
  constants: { workgroupSize: 64 },
  grid: ({ queries, heads }) => flatGrid(queries * heads),
  reference: attentionScoresReference,
  simd: {
    name: "attentionScores",
    args: (at, p, scratch) => [
      ...[at.q, at.keys, at.visible, at.spans, at.scores],
      ...[p.queries, p.heads, p.kvHeads, p.dHead, p.qStride, p.qOffset, p.scale, p.cap],
      ...[p.maxAlibiBias, p.positionsAt, p.stride],
      // Offsets, scores and distances of a tile of 256 keys; then ALiBi's slope of each head.
      scratch(3072 + 4 * p.heads),
    ],
  },
});
