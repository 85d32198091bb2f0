/** Cases of `attentionScores`: the shared ragged problems, tight and with room after the last key, capped and not. */
import { alibiSizes, raggedProblem, problemSizes, stale } from "../attention/raggedProblem";
import { kernelCases } from "../case";
import { attentionScores } from "./attentionScores";

export default kernelCases(
  attentionScores,
  [...problemSizes, ...alibiSizes].map((size, n) => {
    const { params, q, keys, visible, spans, stride: tight } = raggedProblem(size);
    const stride = tight + (n % 3) * 40;
    return {
      label: size.label,
      params: {
        ...params,
        stride,
        cap: n % 4 === 3 ? 2 : 0,
        maxAlibiBias: size.label.startsWith("ALiBi") ? 8 : 0,
      },
      buffers: { q, keys, visible, spans, scores: stale(params.queries * params.heads * stride) },
    };
  }),
);
