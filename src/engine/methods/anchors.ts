/** Thought anchors: rollouts from each step, attention that is suppressed, attention from step to step. */
export { anchorRollouts } from "./anchors/rollouts";
export { stepAttention } from "./anchors/stepAttention";
export { stepSuppression } from "./anchors/suppression";
export { normalisedAnswer } from "./anchors/readAnswer";
