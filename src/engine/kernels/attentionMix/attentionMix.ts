/** The mix of values by a captured or edited attention pattern. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { attentionMixReference } from "./attentionMix.ref";
import wgsl from "./attentionMix.wgsl?raw";

const workgroupSize = 64;

export const attentionMix = defineKernel({
  name: "attentionMix",
  wgsl,
  reads: { pattern: "f32", values: "f32", visible: "u32", spans: "u32" },
  writes: { z: "f32" },
  params: { queries: "u32", heads: "u32", kvHeads: "u32", dHead: "u32", stride: "u32" },
  constants: { workgroupSize },
  grid: ({ queries, heads, dHead }) => flatGrid(Math.ceil((queries * heads * dHead) / workgroupSize)),
  reference: attentionMixReference,
  simd: {
    name: "attentionMix",
    args: (at, p, scratch) => [
      ...[at.pattern, at.values, at.visible, at.spans, at.z],
      ...[p.queries, p.heads, p.kvHeads, p.dHead, p.stride],
      // Offsets of a tile of 256 keys.
      scratch(1024),
    ],
  },
});
