/** Log-probabilities of named targets: what a run's `score` asks for, a few floats instead of whole logit rows. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { scoreTargetsReference } from "./scoreTargets.ref";
import softmaxWgsl from "./softmaxOfRow.wgsl?raw";
import wgsl from "./scoreTargets.wgsl?raw";

export const scoreTargets = defineKernel({
  name: "scoreTargets",
  wgsl: { "scoreTargets.wgsl": wgsl, "softmaxOfRow.wgsl": softmaxWgsl },
  reads: { logits: "f32", asks: "u32" },
  writes: { scores: "f32" },
  params: { count: "u32", cols: "u32" },
  grid: ({ count }) => flatGrid(count),
  reference: scoreTargetsReference,
  simd: { name: "scoreTargets", args: (at, p) => [at.logits, at.asks, at.scores, p.count, p.cols] },
});
