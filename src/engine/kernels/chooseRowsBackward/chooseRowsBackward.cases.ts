/** Cases of `chooseRowsBackward`: both inputs, rows changed and not, several scalars. */
import { kernelCases, noise, type KernelCase } from "../case";
import { chooseRowsBackward } from "./chooseRowsBackward";

function caseOf(label: string, own: number, cols: number, scalars: number, changed: 0 | 1): KernelCase {
  const rows = scalars * own;
  return {
    label,
    params: { rows, own, cols, changed },
    buffers: {
      dy: noise(rows * cols, 1),
      spans: Uint32Array.from({ length: 2 * own }, (_, i) => (i % 2 === 0 ? 5 : Math.floor(i / 2) % 3)),
      dx: new Float32Array(rows * cols).fill(777),
    },
    tolerance: 0,
  };
}

export default kernelCases(chooseRowsBackward, [
  caseOf("one element", 1, 1, 1, 1),
  caseOf("changed rows, past a workgroup", 7, 65, 1, 1),
  caseOf("the other rows, two scalars", 7, 65, 2, 0),
]);
