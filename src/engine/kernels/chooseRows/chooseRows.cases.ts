/** Cases of `chooseRows`: one element, around a workgroup. */
import { kernelCases, noise, type KernelCase } from "../case";
import { chooseRows } from "./chooseRows";

function caseOf(label: string, rows: number, cols: number): KernelCase {
  return {
    label,
    params: { rows, cols },
    buffers: {
      spans: Uint32Array.from({ length: rows * 2 }, (_, i) => (i % 2 === 0 ? 3 : (i >> 1) % 3)),
      a: noise(rows * cols, 1),
      b: noise(rows * cols, 2),
      y: new Float32Array(rows * cols).fill(7),
    },
  };
}

export default kernelCases(chooseRows, [
  caseOf("one element", 1, 1),
  caseOf("one past a workgroup", 1, 257),
  caseOf("many rows", 31, 67),
]);
