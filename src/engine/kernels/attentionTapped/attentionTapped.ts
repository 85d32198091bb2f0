/** Fused attention that also stores scores and pattern: capturing them costs no dispatch. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { attentionTappedReference } from "./attentionTapped.ref";
import wgsl from "./attentionTapped.wgsl?raw";

export const attentionTapped = defineKernel({
  name: "attentionTapped",
  wgsl,
  reads: { q: "f32", keys: "f32", values: "f32", visible: "u32", spans: "u32" },
  writes: { z: "f32", scores: "f32", pattern: "f32" },
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
  constants: { tile: 64 },
  grid: ({ queries, heads }) => flatGrid(queries * heads),
  reference: attentionTappedReference,
  simd: {
    name: "attentionTapped",
    args: (at, p, scratch) => [
      ...[at.q, at.keys, at.values, at.visible, at.spans, at.z, at.scores, at.pattern],
      ...[p.queries, p.heads, p.kvHeads, p.dHead, p.qStride, p.qOffset, p.scale, p.cap],
      ...[p.maxAlibiBias, p.positionsAt, p.stride],
      // As `attention`'s.
      scratch(3072 + 12 * p.heads),
    ],
  },
});
