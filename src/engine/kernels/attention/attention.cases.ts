/** Cases of `attention`: ragged lists, tile borders, grouped heads, a fused QKV, and extreme scores. */
import { kernelCases, type KernelCase } from "../case";
import { attention } from "./attention";
import { alibiSizes, problemSizes, raggedProblem, stale, type ProblemSize } from "./raggedProblem";

function caseOf(label: string, size: ProblemSize, sharpness = 1, cap = 0, maxAlibiBias = 0): KernelCase {
  const { params, q, keys, values, visible, spans } = raggedProblem(size);
  return {
    label,
    params: { ...params, scale: params.scale * sharpness, cap, maxAlibiBias },
    buffers: { q, keys, values, visible, spans, z: stale(params.queries * params.heads * params.dHead) },
    tolerance: 1e-5 * Math.max(1, sharpness),
  };
}

const long = { counts: [300, 150], heads: 2, kvHeads: 2, dHead: 32, seed: 9 };

export default kernelCases(attention, [
  ...problemSizes.map((size) => caseOf(size.label, size)),
  caseOf("one key takes almost everything", long, 40),
  caseOf("all keys equal", long, 0),
  caseOf("soft-capped", long, 4, 5),
  caseOf("soft-capped far beyond the cap", long, 400, 5),
  ...alibiSizes.map((size) => caseOf(size.label, size, 1, 0, 8)),
]);
