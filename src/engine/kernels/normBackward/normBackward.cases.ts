/** Cases of `normBackward`: centred and not, lengths around a workgroup, several scalars, scales far from the row's own. */
import { kernelCases, noise, type KernelCase } from "../case";
import { normBackward } from "./normBackward";

function caseOf(label: string, own: number, cols: number, centred: 0 | 1, scalars = 1): KernelCase {
  const rows = scalars * own;
  return {
    label: `${label}, ${centred ? "centred" : "not centred"}`,
    params: { rows, own, cols, centred, weightOffset: centred ? 0 : own % 2 },
    buffers: {
      dy: noise(rows * cols, 7),
      x: noise(own * cols, rows + cols),
      scale: noise(own, 4).map((value, r) => 10 ** ((r % 3) - 1) * (1.5 + value)),
      weight: noise(cols, 2),
      dx: new Float32Array(rows * cols).fill(777),
      dScale: new Float32Array(rows).fill(777),
    },
    tolerance: cols > 300 ? 1e-4 : 2e-5,
  };
}

export default kernelCases(
  normBackward,
  ([0, 1] as const).flatMap((centred) => [
    caseOf("one element", 1, 1, centred),
    caseOf("shorter than a workgroup, two scalars", 3, 5, centred, 2),
    caseOf("one past a workgroup", 2, 65, centred),
    caseOf("several rounds, three scalars", 5, 768, centred, 3),
  ]),
);
