/** Cases of `normScaleBackward`: centred and not, lengths around a workgroup, several scalars, an all-equal row. */
import { kernelCases, noise, type KernelCase } from "../case";
import { normScaleBackward } from "./normScaleBackward";

function caseOf(
  label: string,
  own: number,
  cols: number,
  centred: 0 | 1,
  scalars = 1,
  spread = 1,
): KernelCase {
  const rows = scalars * own;
  return {
    label: `${label}, ${centred ? "centred" : "not centred"}`,
    params: { rows, own, cols, centred },
    buffers: {
      dScale: noise(rows, 7, 3),
      x: noise(own * cols, rows + cols, spread).map((value) => value + 0.5),
      scale: noise(own, 4).map((value) => 1.5 + value),
      dx: new Float32Array(rows * cols).fill(777),
    },
  };
}

export default kernelCases(
  normScaleBackward,
  ([0, 1] as const).flatMap((centred) => [
    caseOf("one element", 1, 1, centred),
    caseOf("shorter than a workgroup, two scalars", 3, 5, centred, 2),
    caseOf("one past a workgroup", 2, 65, centred),
    caseOf("several rounds, three scalars", 5, 768, centred, 3),
    caseOf("an all-equal row", 2, 48, centred, 1, 0),
  ]),
);
