/** AssemblyScript: the SIMD twin of `attentionTapped`: the loop of `attention`, told where scores and pattern go. */
export { attend as attentionTapped } from "../attention/attention.simd";
