/** Cases of `attentionTapped`: the shared ragged problems, tight and with room after the last key, capped and not. */
import { alibiSizes, raggedProblem, problemSizes, stale, type ProblemSize } from "../attention/raggedProblem";
import { kernelCases, type KernelCase } from "../case";
import { attentionTapped } from "./attentionTapped";

function caseOf(
  label: string,
  size: ProblemSize,
  room = 0,
  sharpness = 1,
  { cap = 0, maxAlibiBias = 0 } = {},
): KernelCase {
  const { params, stride: tight, ...reads } = raggedProblem(size);
  const { queries, heads, dHead, scale } = params;
  const stride = tight + room;
  return {
    label,
    params: { ...params, scale: scale * sharpness, cap, maxAlibiBias, stride },
    buffers: {
      ...reads,
      z: stale(queries * heads * dHead),
      scores: stale(queries * heads * stride),
      pattern: stale(queries * heads * stride),
    },
    tolerance: 1e-5 * Math.max(1, sharpness),
  };
}

const long = { counts: [300, 150], heads: 2, kvHeads: 2, dHead: 32, seed: 9 };

export default kernelCases(attentionTapped, [
  ...problemSizes.map((size, n) => caseOf(size.label, size, (n % 3) * 41)),
  caseOf("one key takes almost everything", long, 3, 40),
  caseOf("all keys equal", long, 0, 0),
  caseOf("soft-capped", long, 1, 4, { cap: 5 }),
  ...alibiSizes.map((size, n) => caseOf(size.label, size, n, 1, { maxAlibiBias: 8 })),
]);
