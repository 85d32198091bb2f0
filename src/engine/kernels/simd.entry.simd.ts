/** AssemblyScript: the module of all SIMD twins that the CPU device loads. One line for each twin. */
export { matmul, matmulByte, matmulHalf } from "./matmul/matmul.simd";
export { attention } from "./attention/attention.simd";
export { attentionTapped } from "./attentionTapped/attentionTapped.simd";
export { scoreTargets } from "./scoreTargets/scoreTargets.simd";
export { tokenStats } from "./tokenStats/tokenStats.simd";
export { klRows } from "./klRows/klRows.simd";
export { geluTanh } from "./geluTanh/geluTanh.simd";
export { geluExact } from "./geluExact/geluExact.simd";
export { layerNorm } from "./layerNorm/layerNorm.simd";
export { rmsNorm } from "./rmsNorm/rmsNorm.simd";
export { normApply } from "./normApply/normApply.simd";
export { add } from "./add/add.simd";
export { multiply } from "./multiply/multiply.simd";
export { silu } from "./silu/silu.simd";
export { softcap } from "./softcap/softcap.simd";
export { relu } from "./relu/relu.simd";
