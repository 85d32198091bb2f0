/** Pullback of log-probabilities and logits of named tokens. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import softmaxWgsl from "../scoreTargets/softmaxOfRow.wgsl?raw";
import { scoreTargetsBackwardReference } from "./scoreTargetsBackward.ref";
import wgsl from "./scoreTargetsBackward.wgsl?raw";

export const scoreTargetsBackward = defineKernel({
  name: "scoreTargetsBackward",
  wgsl: { "scoreTargetsBackward.wgsl": wgsl, "scoreTargets/softmaxOfRow.wgsl": softmaxWgsl },
  reads: { logits: "f32", spans: "u32", targets: "u32", weights: "f32", totals: "f32" },
  writes: { dLogits: "f32" },
  params: { rows: "u32", own: "u32", cols: "u32" },
  grid: ({ rows }) => flatGrid(rows),
  reference: scoreTargetsBackwardReference,
});
