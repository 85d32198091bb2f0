/** Cases of `jumpRelu`: at the threshold, thresholds below zero, NaN, infinities, around a workgroup. */
import { kernelCases, noise, type CaseArray, type KernelCase } from "../case";
import { jumpRelu } from "./jumpRelu";

function caseOf(label: string, x: CaseArray, threshold: CaseArray): KernelCase {
  return {
    label,
    params: { rows: x.length / threshold.length, cols: threshold.length },
    buffers: { x, threshold, y: new Float32Array(x.length).fill(7) },
    tolerance: 0,
  };
}

export default kernelCases(jumpRelu, [
  caseOf("one element", Float32Array.of(0.7), Float32Array.of(0.5)),
  caseOf("at the threshold", Float32Array.of(1, 1, 1, 1, 1), Float32Array.of(0.999, 1, 1.001, 0, -1)),
  caseOf("negative thresholds", Float32Array.of(-1, -0.5, 0, 0.5, 1, -2), Float32Array.of(-0.7, -3)),
  caseOf("NaN and infinities", Float32Array.of(NaN, Infinity, -Infinity, 2, NaN), Float32Array.of(1)),
  caseOf("rows that are no multiple of four", noise(7 * 301, 3, 4), noise(301, 4, 2)),
]);
