/** Cases of `adamUnitRows`: rows of length 1 of every width, a row of zeros, the first step and a late one. */
import { kernelCases, noise, type KernelCase } from "../case";
import { ADAM_SAMPLE } from "../adam/adam.cases";
import { adamUnitRows } from "./adamUnitRows";

function unitRows(rows: number, cols: number, seed: number): Float32Array<ArrayBuffer> {
  const w = noise(rows * cols, seed);
  for (let row = 0; row < rows; row++) {
    const own = w.subarray(row * cols, (row + 1) * cols);
    const length = Math.hypot(...own) || 1;
    own.forEach((value, c) => (own[c] = value / length));
  }
  return w;
}

function caseOf(label: string, rows: number, cols: number, step = 1, given: object = {}): KernelCase {
  const count = rows * cols;
  const corrections = { correction1: 1 - 0.9 ** step, correction2: 1 - 0.999 ** step };
  return {
    label: `${label}: ${rows} x ${cols}`,
    params: { rows, cols, ...ADAM_SAMPLE, ...corrections, ...given },
    buffers: {
      ...{ g: noise(count, 1), w: unitRows(rows, cols, 2) },
      m: step === 1 ? new Float32Array(count) : noise(count, 3, 0.1),
      v: step === 1 ? new Float32Array(count) : noise(count, 4, 0.1).map((value) => Math.abs(value) + 0.01),
    },
    tolerance: 3e-5,
  };
}

const still = caseOf("a row of zeros that nothing moves", 1, 6);

export default kernelCases(adamUnitRows, [
  caseOf("two columns", 1, 2, 30),
  caseOf("odd columns", 5, 67, 30),
  caseOf("whole tiles", 4, 128, 30, { gradientScale: 0.25 }),
  caseOf("wide rows, with decay", 3, 517, 90, { decay: 0.1 }),
  { ...still, buffers: { ...still.buffers, g: new Float32Array(6), w: new Float32Array(6) } },
]);
