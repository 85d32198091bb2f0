/** Pullback of attention to keys and to values, without atomics: each token sums over the queries that see it. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { attentionKeysBackwardReference } from "./attentionKeysBackward.ref";
import wgsl from "./attentionKeysBackward.wgsl?raw";

const workgroupSize = 64;

export const attentionKeysBackward = defineKernel({
  name: "attentionKeysBackward",
  wgsl,
  reads: { coefficients: "f32", x: "f32", seenBy: "u32", firsts: "u32" },
  writes: { dKeys: "f32" },
  params: {
    rows: "u32",
    own: "u32",
    heads: "u32",
    kvHeads: "u32",
    dHead: "u32",
    stride: "u32",
    cRows: "u32",
    xRows: "u32",
    xStride: "u32",
    xOffset: "u32",
    factor: "f32",
  },
  constants: { workgroupSize },
  grid: ({ rows, kvHeads, dHead }) => flatGrid(Math.ceil((rows * kvHeads * dHead) / workgroupSize)),
  reference: attentionKeysBackwardReference,
  simd: {
    name: "attentionKeysBackward",
    args: (at, p) => [
      ...[at.coefficients, at.x, at.seenBy, at.firsts, at.dKeys, p.rows, p.own, p.heads, p.kvHeads, p.dHead],
      ...[p.stride, p.cRows, p.xRows, p.xStride, p.xOffset, p.factor],
    ],
  },
});
