/** Cases of `normApply`: centred and not, lengths around a workgroup, scales far from the row's own, a large mean. */
import { kernelCases, noise, type KernelCase } from "../case";
import { normApply } from "./normApply";

function caseOf(label: string, rows: number, cols: number, centred: 0 | 1, shift = 0): KernelCase {
  return {
    label: `${label}, ${centred ? "centred" : "not centred"}`,
    params: { rows, cols, centred, weightOffset: centred ? 0 : rows % 2 },
    buffers: {
      x: noise(rows * cols, rows + cols).map((value) => value + shift),
      scale: noise(rows, 4).map((value, r) => 10 ** ((r % 5) - 2) * (1.5 + value)),
      weight: noise(cols, 2),
      bias: noise(cols, 3),
      y: new Float32Array(rows * cols).fill(NaN),
    },
    // A mean a hundred times the spread costs two digits of f32.
    tolerance: shift > 10 ? 1e-4 : 1e-5,
  };
}

export default kernelCases(
  normApply,
  ([0, 1] as const).flatMap((centred) => [
    caseOf("one element", 1, 1, centred),
    caseOf("shorter than a workgroup", 3, 5, centred),
    caseOf("one past a workgroup", 2, 65, centred),
    caseOf("several rounds", 7, 768, centred),
    caseOf("a large mean", 1, 96, centred, 100),
  ]),
);
