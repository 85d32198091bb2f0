/** Cases of the elementwise kernels of one tensor: around a workgroup, zero, both tails, where tanh and exp saturate. */
import { kernelCases, noise, type CaseArray, type KernelCase } from "../case";
import { geluExact, geluTanh, relu, scale, silu, softcap } from "./unary";

function casesOf(tolerance: number, params: Readonly<Record<string, number>> = {}): KernelCase[] {
  const caseOf = (label: string, x: CaseArray): KernelCase => ({
    label,
    params: { count: x.length, ...params },
    buffers: { x, y: new Float32Array(x.length).fill(NaN) },
    tolerance,
  });
  return [
    caseOf("one element", Float32Array.of(0.7)),
    caseOf("zero and its neighbours", Float32Array.of(0, 1e-30, -1e-30, 1e-4, -1e-4)),
    caseOf("one past a workgroup", noise(257, 3, 4)),
    caseOf("large magnitudes", Float32Array.of(-1e4, -90, -40, -12, -7, 7, 12, 40, 90, 1e4)),
    caseOf("many workgroups", noise(5003, 4, 6)),
  ];
}

export default [
  kernelCases(relu, casesOf(0)),
  kernelCases(silu, casesOf(1e-6)),
  kernelCases(geluTanh, casesOf(1e-6)),
  kernelCases(geluExact, casesOf(1e-6)),
  kernelCases(softcap, casesOf(1e-5, { cap: 30 })),
  kernelCases(scale, casesOf(1e-6, { factor: -1.7 })),
];
