/** Attention pattern as a tensor: what `attn.pattern` captures and edits. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { attentionPatternReference } from "./attentionPattern.ref";
import wgsl from "./attentionPattern.wgsl?raw";

export const attentionPattern = defineKernel({
  name: "attentionPattern",
  wgsl,
  reads: { scores: "f32", spans: "u32" },
  writes: { pattern: "f32" },
  params: { queries: "u32", heads: "u32", stride: "u32" },
  constants: { workgroupSize: 64 },
  grid: ({ queries, heads }) => flatGrid(queries * heads),
  reference: attentionPatternReference,
  simd: {
    name: "attentionPattern",
    args: (at, p) => [at.scores, at.spans, at.pattern, p.queries, p.heads, p.stride],
  },
});
