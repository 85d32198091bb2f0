/** Cases of `saeStandardise`: both schemes, a large mean, constant rows, rows around a workgroup. */
import { kernelCases, noise, type CaseArray, type KernelCase } from "../case";
import { saeStandardise } from "./saeStandardise";

function caseOf(label: string, rows: number, x: CaseArray, centred: number, hasBias: number): KernelCase {
  const cols = x.length / rows;
  return {
    label,
    params: { rows, cols, eps: 1e-5, centred, hasBias },
    buffers: {
      ...{ x, bias: noise(cols, 2, 2) },
      ...{ y: new Float32Array(x.length).fill(7), moments: new Float32Array(rows * 2).fill(7) },
    },
    tolerance: 2e-5,
  };
}

export default kernelCases(saeStandardise, [
  caseOf("two elements a row", 2, Float32Array.of(1, 3, -5, 5), 1, 0),
  caseOf("centred", 5, noise(5 * 300, 3, 6), 1, 1),
  caseOf("to a length", 5, noise(5 * 67, 4, 6), 0, 1),
  caseOf(
    "a mean far from zero",
    2,
    noise(2 * 768, 5).map((value) => 50 + value),
    1,
    0,
  ),
  caseOf("constant rows", 3, new Float32Array(3 * 40).fill(2), 1, 1),
  caseOf("a row of zeros", 1, new Float32Array(70), 0, 0),
]);
