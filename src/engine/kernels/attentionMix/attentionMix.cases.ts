/** Cases of `attentionMix`: the shared ragged problems, under patterns that need not sum to one (edited ones). */
import { problemSizes, raggedProblem, stale } from "../attention/raggedProblem";
import { kernelCases, noise } from "../case";
import { attentionMix } from "./attentionMix";

export default kernelCases(
  attentionMix,
  problemSizes.map((size, n) => {
    const { params, values, visible, spans, stride: tight } = raggedProblem(size);
    const { queries, heads, kvHeads, dHead } = params;
    const stride = tight + n;
    return {
      label: size.label,
      params: { queries, heads, kvHeads, dHead, stride },
      buffers: {
        pattern: noise(queries * heads * stride, size.seed + 3),
        values,
        visible,
        spans,
        z: stale(queries * heads * dHead),
      },
      tolerance: 2e-5,
    };
  }),
);
