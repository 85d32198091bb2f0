/** Cases of `compactRows`: nothing, everything, more than there are slots, blocks, zeros of both signs, NaN, infinities. */
import { kernelCases, noise, type CaseArray, type KernelCase } from "../case";
import { compactRows } from "./compactRows";

function caseOf(label: string, rows: number, width: number, x: CaseArray): KernelCase {
  return {
    label,
    params: { rows, cols: x.length / rows, width },
    buffers: {
      ...{ x, ids: new Uint32Array(rows * width).fill(777) },
      ...{ values: new Float32Array(rows * width).fill(777), counts: new Uint32Array(rows).fill(777) },
    },
    tolerance: 0,
  };
}

/** Mostly zeros. */
const sparse = (count: number, seed: number) =>
  noise(count, seed, 1).map((value) => (Math.abs(value) < 0.9 ? 0 : value));

export default kernelCases(compactRows, [
  caseOf("one column", 2, 1, Float32Array.of(0, 3)),
  caseOf("nothing", 2, 4, new Float32Array(2 * 300)),
  caseOf(
    "everything",
    2,
    300,
    noise(2 * 300, 3).map((value) => value + 2),
  ),
  caseOf("more than the slots", 3, 10, sparse(3 * 999, 4)),
  caseOf("one block of columns, and one more", 3, 400, sparse(3 * 2049, 5)),
  caseOf("many blocks", 5, 1200, sparse(5 * 9001, 6)),
  caseOf("special values", 1, 6, Float32Array.of(0, -0, NaN, Infinity, -Infinity, 1e-42, -1, NaN)),
]);
