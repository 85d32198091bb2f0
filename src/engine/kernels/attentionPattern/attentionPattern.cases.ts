/** Cases of `attentionPattern`: every length around a workgroup, ties, knocked-out and extreme scores. */
import { stale } from "../attention/raggedProblem";
import { kernelCases, noise, type KernelCase } from "../case";
import { attentionPattern } from "./attentionPattern";

const LOWEST = -3.4028235e38;

function caseOf(
  label: string,
  counts: readonly number[],
  heads: number,
  stride: number,
  scale = 3,
): KernelCase {
  const scores = noise(counts.length * heads * stride, counts.length + stride, scale);
  return {
    label,
    params: { queries: counts.length, heads, stride },
    buffers: {
      scores,
      spans: Uint32Array.from(counts.flatMap((count) => [0, count, 0, count])),
      pattern: stale(scores.length),
    },
  };
}

/** Half of the scores pushed to the lowest number, as an attention knock-out does. */
function knockedOut(testCase: KernelCase): KernelCase {
  const scores = Float32Array.from(testCase.buffers["scores"] ?? [], (x, n) => (n % 2 === 0 ? LOWEST : x));
  return { ...testCase, label: "half of the keys knocked out", buffers: { ...testCase.buffers, scores } };
}

export default kernelCases(attentionPattern, [
  caseOf("one element", [0], 1, 1),
  caseOf("around a workgroup", [62, 63, 64, 65], 2, 70),
  caseOf("several rounds", [0, 127, 199, 1], 3, 200),
  caseOf("ties", [9, 99], 2, 128, 0),
  caseOf("large negative and positive scores", [40, 80], 2, 90, 1e4),
  knockedOut(caseOf("", [40, 80], 2, 90)),
]);
