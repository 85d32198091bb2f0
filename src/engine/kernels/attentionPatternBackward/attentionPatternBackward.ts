/** Pullback of the softmax of attention. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { attentionPatternBackwardReference } from "./attentionPatternBackward.ref";
import wgsl from "./attentionPatternBackward.wgsl?raw";

export const attentionPatternBackward = defineKernel({
  name: "attentionPatternBackward",
  wgsl,
  reads: { dPattern: "f32", pattern: "f32", spans: "u32" },
  writes: { dScores: "f32" },
  params: { queries: "u32", own: "u32", heads: "u32", stride: "u32" },
  constants: { workgroupSize: 64 },
  grid: ({ queries, heads }) => flatGrid(queries * heads),
  reference: attentionPatternBackwardReference,
  simd: {
    name: "attentionPatternBackward",
    args: (at, p) => [at.dPattern, at.pattern, at.spans, at.dScores, p.queries, p.own, p.heads, p.stride],
  },
});
