/** Cases of `attentionPatternBackward`: the shared ragged problems, room after the last key, several scalars, one-hot rows. */
import { attentionPatternReference } from "../attentionPattern/attentionPattern.ref";
import { problemSizes, raggedProblem, stale, type ProblemSize } from "../attention/raggedProblem";
import { kernelCases, noise, type KernelCase } from "../case";
import { attentionPatternBackward } from "./attentionPatternBackward";

function caseOf(label: string, size: ProblemSize, scalars = 1, room = 0, spread = 2): KernelCase {
  const { params, spans, stride: tight } = raggedProblem(size);
  const { queries: own, heads } = params;
  const stride = tight + room;
  const queries = scalars * own;
  const pattern = new Float32Array(own * heads * stride);
  const scores = noise(pattern.length, size.seed, spread);
  attentionPatternReference({ scores, spans, pattern }, { queries: own, heads, stride });
  const dPattern = noise(queries * heads * stride, size.seed + 1, 3);
  // What stands behind the last key may be anything finite.
  const count = size.counts[0] ?? 0;
  dPattern.fill(-3.4e38, count + 1, stride);
  return {
    label,
    params: { queries, own, heads, stride },
    buffers: { dPattern, pattern, spans, dScores: stale(queries * heads * stride) },
  };
}

const long = { counts: [300, 150], heads: 2, kvHeads: 2, dHead: 32, seed: 9 };

export default kernelCases(attentionPatternBackward, [
  ...problemSizes.map((size, n) => caseOf(size.label, size, 1 + (n % 3), n % 2)),
  caseOf("one key takes almost everything", long, 2, 3, 80),
  caseOf("all keys equal", long, 1, 1, 0),
]);
