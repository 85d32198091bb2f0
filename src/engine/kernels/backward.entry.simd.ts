/** AssemblyScript: the module of SIMD twins that only gradients and learning need, fetched with the first. One line for each twin. */
export { linearBackward, linearBackwardByte, linearBackwardHalf } from "./linearBackward/linearBackward.simd";
export { linearWeightsBackward } from "./linearWeightsBackward/linearWeightsBackward.simd";
export {
  linearBackwardFew,
  linearBackwardFewByte,
  linearBackwardFewHalf,
} from "./linearBackwardFew/linearBackwardFew.simd";
export {
  geluExactBackward,
  geluTanhBackward,
  multiplyBackward,
  reluBackward,
  siluBackward,
  softcapBackward,
} from "./activationBackward/activationBackward.simd";
export { normBackward } from "./normBackward/normBackward.simd";
export { normScaleBackward } from "./normScaleBackward/normScaleBackward.simd";
export { attentionPatternBackward } from "./attentionPatternBackward/attentionPatternBackward.simd";
export { placeColumns } from "./placeColumns/placeColumns.simd";
export { attentionKeysBackward } from "./attentionKeysBackward/attentionKeysBackward.simd";
export { latentDots } from "./latentDots/latentDots.simd";
export { latentGradient } from "./latentGradient/latentGradient.simd";
export { adam } from "./adam/adam.simd";
export { adamUnitRows } from "./adamUnitRows/adamUnitRows.simd";
