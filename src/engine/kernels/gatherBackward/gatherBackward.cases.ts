/** Cases of `gatherBackward`: rows with no copy, one and many, several scalars, past a workgroup. */
import { kernelCases, noise, type KernelCase } from "../case";
import { gatherBackward } from "./gatherBackward";

function caseOf(label: string, counts: readonly number[], cols: number, scalars = 1): KernelCase {
  const own = counts.length;
  const copies = counts.reduce((sum, count) => sum + count, 0);
  const rows = scalars * own;
  let first = 0;
  return {
    label,
    params: { rows, own, copies, cols },
    buffers: {
      dy: noise(scalars * copies * cols, 6, 2),
      // Copies of one row lie far apart.
      order: Uint32Array.from({ length: copies }, (_, e) => (copies - 1 - e + 2) % copies),
      firsts: Uint32Array.from([0, ...counts.map((count) => (first += count))]),
      dx: new Float32Array(rows * cols).fill(777),
    },
  };
}

export default kernelCases(gatherBackward, [
  caseOf("one of everything", [1], 1),
  caseOf("no copy, one, many", [0, 1, 5, 0, 2], 7),
  caseOf("the last row only", [0, 0, 0, 1], 65),
  caseOf("three scalars, wider than a workgroup", [2, 0, 3], 300, 3),
]);
