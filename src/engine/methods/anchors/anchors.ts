/** Thought anchors: rollouts from each step, attention that is suppressed, attention from step to step. */
export { anchorRollouts } from "./rollouts";
export { stepAttention } from "./stepAttention";
export { stepSuppression } from "./suppression";
export { normalisedAnswer } from "./readAnswer";
