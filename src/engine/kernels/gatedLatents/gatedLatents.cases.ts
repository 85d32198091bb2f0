/** Cases of `gatedLatents`: gates open and closed at their border, open gates without strength, around a workgroup. */
import { kernelCases, noise, type CaseArray, type KernelCase } from "../case";
import { gatedLatents } from "./gatedLatents";

function caseOf(label: string, x: CaseArray, cols: number, weights?: readonly CaseArray[]): KernelCase {
  const [gateBias, scale, bias] = weights ?? [];
  return {
    label,
    params: { rows: x.length / cols, cols },
    buffers: {
      ...{ x, gateBias: gateBias ?? noise(cols, 5, 1), scale: scale ?? noise(cols, 6, 1).map(Math.exp) },
      ...{ bias: bias ?? noise(cols, 7, 1), y: new Float32Array(x.length).fill(7) },
    },
  };
}

const ones = Float32Array.of(1, 1, 1, 1, 1);

export default kernelCases(gatedLatents, [
  caseOf("one element", Float32Array.of(3), 1),
  caseOf("at the gate", ones, 5, [Float32Array.of(-1, -0.999, -1.001, 0, 5), ones, ones]),
  caseOf("open without strength", ones, 5, [ones, ones, Float32Array.of(-2, -1, 0, -0.5, -9)]),
  caseOf("rows that are no multiple of four", noise(7 * 301, 3, 4), 301),
]);
