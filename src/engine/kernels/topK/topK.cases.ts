/** Cases of `topK`: k of 1, 256 and more than the row; ties at and before the border; NaN, zeros, infinities. */
import { kernelCases, noise, type KernelCase } from "../case";
import { topK } from "./topK";

function caseOf(label: string, rows: number, k: number, logits: Float32Array<ArrayBuffer>): KernelCase {
  return {
    label,
    params: { rows, cols: logits.length / rows, k },
    buffers: {
      logits,
      ids: new Uint32Array(rows * k).fill(777),
      logProbs: new Float32Array(rows * k).fill(777),
    },
  };
}

const specials = Float32Array.of(NaN, -0, 0, -Infinity, 5, NaN, -5, 5, 0, -0, -Infinity, NaN);

export default kernelCases(topK, [
  caseOf("one column", 2, 1, Float32Array.of(3, -3)),
  caseOf("one of many", 3, 1, noise(3 * 1000, 1, 4)),
  caseOf("ten of a vocabulary", 4, 10, noise(4 * 5003, 2, 12)),
  caseOf("256 of a vocabulary", 2, 256, noise(2 * 3001, 3, 12)),
  caseOf("the whole row", 2, 200, noise(2 * 200, 4, 5)),
  caseOf("k larger than the row", 3, 20, noise(3 * 7, 5, 5)),
  caseOf("ties everywhere", 3, 33, noise(3 * 900, 6, 4).map(Math.round)),
  caseOf("all equal", 2, 100, new Float32Array(2 * 2000).fill(-1.5)),
  caseOf(
    "values that differ in their last bits",
    2,
    50,
    noise(2 * 2000, 7, 1e-4).map((x) => 100 + x),
  ),
  caseOf("NaN, zeros and infinities", 1, 12, specials),
  caseOf("NaN, zeros and infinities, cut at a tie", 1, 4, specials),
  caseOf("NaN cut among NaN", 1, 11, specials),
  caseOf("only NaN", 1, 3, new Float32Array(300).fill(NaN)),
]);
