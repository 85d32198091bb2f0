/** How far the distribution of one row of logits is from that of another: Kullback-Leibler divergence in nats. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { klRowsReference } from "./klRows.ref";
import wgsl from "./klRows.wgsl?raw";

export const klRows = defineKernel({
  name: "klRows",
  wgsl,
  reads: { pLogits: "f32", qLogits: "f32", pairs: "u32" },
  writes: { kl: "f32" },
  params: { count: "u32", cols: "u32" },
  grid: ({ count }) => flatGrid(count),
  reference: klRowsReference,
  simd: { name: "klRows", args: (at, p) => [at.pLogits, at.qLogits, at.pairs, at.kl, p.count, p.cols] },
});
