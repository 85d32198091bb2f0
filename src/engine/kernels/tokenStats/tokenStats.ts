/** Where named tokens stand in a row of logits: log-probability, rank and the row's entropy, in one go. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { tokenStatsReference } from "./tokenStats.ref";
import wgsl from "./tokenStats.wgsl?raw";

export const tokenStats = defineKernel({
  name: "tokenStats",
  wgsl,
  reads: { logits: "f32", asks: "u32" },
  writes: { stats: "f32" },
  params: { count: "u32", cols: "u32" },
  grid: ({ count }) => flatGrid(count),
  reference: tokenStatsReference,
  simd: { name: "tokenStats", args: (at, p) => [at.logits, at.asks, at.stats, p.count, p.cols] },
});
