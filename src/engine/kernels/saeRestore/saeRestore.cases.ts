/** Cases of `saeRestore`: one element, around a workgroup. */
import { kernelCases, noise, type KernelCase } from "../case";
import { saeRestore } from "./saeRestore";

function caseOf(label: string, rows: number, cols: number): KernelCase {
  return {
    label,
    params: { rows, cols },
    buffers: {
      x: noise(rows * cols, rows, 3),
      moments: noise(rows * 2, 2, 3),
      y: new Float32Array(rows * cols).fill(7),
    },
  };
}

export default kernelCases(saeRestore, [
  caseOf("one element", 1, 1),
  caseOf("one past a workgroup", 1, 257),
  caseOf("many rows", 31, 67),
]);
