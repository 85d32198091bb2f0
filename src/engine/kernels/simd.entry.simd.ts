/** AssemblyScript: the module of all SIMD twins that the CPU device loads. One line for each twin. */
export { matmul, matmulByte, matmulHalf } from "./matmul/matmul.simd";
export { linearBackward, linearBackwardByte, linearBackwardHalf } from "./linearBackward/linearBackward.simd";
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
export { scale } from "./unary/scale.simd";
export { attentionKeysBackward } from "./attentionKeysBackward/attentionKeysBackward.simd";
export { attention } from "./attention/attention.simd";
export { attentionMix } from "./attentionMix/attentionMix.simd";
export { attentionPattern } from "./attentionPattern/attentionPattern.simd";
export { attentionScores } from "./attentionScores/attentionScores.simd";
export { attentionTapped } from "./attentionTapped/attentionTapped.simd";
export { scoreTargets } from "./scoreTargets/scoreTargets.simd";
export { tokenStats } from "./tokenStats/tokenStats.simd";
export { klRows } from "./klRows/klRows.simd";
export { geluTanh } from "./unary/geluTanh.simd";
export { geluExact } from "./unary/geluExact.simd";
export { layerNorm } from "./layerNorm/layerNorm.simd";
export { rmsNorm } from "./rmsNorm/rmsNorm.simd";
export { normApply } from "./normApply/normApply.simd";
export { add } from "./binary/add.simd";
export { multiply } from "./binary/multiply.simd";
export { silu } from "./unary/silu.simd";
export { softcap } from "./unary/softcap.simd";
export { relu } from "./unary/relu.simd";
export { topKSelect } from "./topKSelect/topKSelect.simd";
export { jumpRelu } from "./jumpRelu/jumpRelu.simd";
export { gatedLatents } from "./gatedLatents/gatedLatents.simd";
export { compactRows } from "./compactRows/compactRows.simd";
export { sparseDecode, sparseDecodeHalf } from "./sparseDecode/sparseDecode.simd";
export { denseDecode, denseDecodeHalf } from "./denseDecode/denseDecode.simd";
