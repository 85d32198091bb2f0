/** Cases of `sumSlices`: one slice and many, with a start and without, past a workgroup. */
import { kernelCases, noise, type KernelCase } from "../case";
import { sumSlices } from "./sumSlices";

const caseOf = (label: string, count: number, slices: number, hasStart: 0 | 1): KernelCase => ({
  label,
  params: { count, slices, hasStart },
  buffers: {
    ...{ parts: noise(slices * count, 3), start: noise(count, 4) },
    y: new Float32Array(count).fill(777),
  },
  tolerance: 2e-5,
});

export default kernelCases(sumSlices, [
  caseOf("one element", 1, 1, 0),
  caseOf("many slices", 70, 197, 1),
  caseOf("past a workgroup", 257, 3, 0),
]);
