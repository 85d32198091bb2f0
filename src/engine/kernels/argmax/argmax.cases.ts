/** Cases of `argmax`: ties, both zeros, negatives, NaN, infinities, one column. */
import { kernelCases, noise, type KernelCase } from "../case";
import { argmax } from "./argmax";

function caseOf(label: string, rows: number, logits: Float32Array<ArrayBuffer>): KernelCase {
  return {
    label,
    params: { rows, cols: logits.length / rows },
    buffers: { logits, ids: new Uint32Array(rows).fill(777) },
  };
}

export default kernelCases(argmax, [
  caseOf("one column", 2, Float32Array.of(-1, 1)),
  caseOf("a vocabulary", 5, noise(5 * 5003, 1, 10)),
  caseOf(
    "all negative",
    3,
    noise(3 * 300, 2).map((x) => x - 2),
  ),
  caseOf("ties", 4, noise(4 * 700, 3, 3).map(Math.round)),
  caseOf("both zeros", 2, Float32Array.of(-1, -0, 0, 0, -0, -0)),
  caseOf(
    "NaN and infinities",
    3,
    Float32Array.of(NaN, -5, NaN, -4, -Infinity, NaN, -Infinity, NaN, 3, Infinity, NaN, 9),
  ),
  caseOf("only NaN", 1, new Float32Array(300).fill(NaN)),
  caseOf("sixteen rows of one workgroup", 16, noise(16 * 256, 4)),
]);
