/** Cases of `layerNorm`: one element, lengths around a workgroup, a large mean, an all-equal row. */
import { kernelCases, noise, type KernelCase } from "../case";
import { layerNorm } from "./layerNorm";

function caseOf(label: string, rows: number, cols: number, shift = 0, scale = 1): KernelCase {
  return {
    label,
    params: { rows, cols, eps: 1e-5 },
    buffers: {
      x: noise(rows * cols, rows + cols, scale).map((value) => value + shift),
      weight: noise(cols, 2),
      bias: noise(cols, 3),
      y: new Float32Array(rows * cols).fill(NaN),
      scale: new Float32Array(rows).fill(NaN),
    },
    // A mean a hundred times the spread costs two digits of f32.
    tolerance: shift > 10 ? 1e-4 : 1e-5,
  };
}

export default kernelCases(layerNorm, [
  caseOf("one element", 1, 1),
  caseOf("shorter than a workgroup", 3, 5),
  caseOf("one past a workgroup", 2, 65),
  caseOf("several rounds", 7, 768),
  caseOf("a large mean", 2, 96, 100),
  caseOf("an all-equal row", 2, 48, 1, 0),
]);
