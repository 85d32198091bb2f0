/** Cases of `saeCentre`: one element, with and without a bias, around a workgroup. */
import { kernelCases, noise, type KernelCase } from "../case";
import { saeCentre } from "./saeCentre";

function caseOf(label: string, rows: number, cols: number, factor: number, hasBias: number): KernelCase {
  return {
    label,
    params: { rows, cols, factor, hasBias },
    buffers: {
      x: noise(rows * cols, rows, 9),
      bias: noise(cols, 2, 9),
      y: new Float32Array(rows * cols).fill(7),
    },
    tolerance: 1e-6,
  };
}

export default kernelCases(saeCentre, [
  caseOf("one element", 1, 1, 1, 1),
  caseOf("centred", 3, 300, 1, 1),
  caseOf("scaled and centred", 2, 129, 0.03125, 1),
  caseOf("scaled", 5, 51, 2.7, 0),
]);
