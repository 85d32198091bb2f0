/** Cases of `silu`: around a workgroup, zero, both tails. */
import { kernelCases, noise, type CaseArray, type KernelCase } from "../case";
import { silu } from "./silu";

const caseOf = (label: string, x: CaseArray): KernelCase => ({
  label,
  params: { count: x.length },
  buffers: { x, y: new Float32Array(x.length).fill(NaN) },
  tolerance: 1e-6,
});

export default kernelCases(silu, [
  caseOf("one element", Float32Array.of(0.7)),
  caseOf("zero and its neighbours", Float32Array.of(0, 1e-30, -1e-30, 1e-4, -1e-4)),
  caseOf("one past a workgroup", noise(257, 3, 4)),
  caseOf("large magnitudes", Float32Array.of(-1e4, -90, -40, -12, 12, 40, 90, 1e4)),
  caseOf("many workgroups", noise(5003, 4, 6)),
]);
