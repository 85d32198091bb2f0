/** Cases of the elementwise pullbacks: zero, both tails, around a workgroup, cotangents of several scalars. */
import { kernelCases, noise, type CaseArray, type KernelCase } from "../case";
import * as kernels from "./activationBackward";

function casesOf(tolerance: number, params: Readonly<Record<string, number>> = {}): KernelCase[] {
  const caseOf = (label: string, v: CaseArray, scalars = 1): KernelCase => ({
    label,
    params: { count: scalars * v.length, own: v.length, ...params },
    buffers: {
      ...{ dy: noise(scalars * v.length, 5, 2), v },
      dx: new Float32Array(scalars * v.length).fill(777),
    },
    tolerance,
  });
  return [
    caseOf("one element", Float32Array.of(0.7)),
    caseOf("zero and its neighbours", Float32Array.of(0, 1e-30, -1e-30, 1e-4, -1e-4)),
    caseOf("one past a workgroup, three scalars", noise(257, 3, 4), 3),
    caseOf("tails", Float32Array.of(-29, -20, -12, -7, -3, 3, 7, 12, 20, 29)),
    caseOf("many workgroups", noise(5003, 4, 6)),
  ];
}

export default [
  kernelCases(kernels.reluBackward, casesOf(0)),
  kernelCases(kernels.siluBackward, casesOf(2e-6)),
  kernelCases(kernels.geluTanhBackward, casesOf(5e-6)),
  kernelCases(kernels.geluExactBackward, casesOf(2e-6)),
  kernelCases(kernels.softcapBackward, casesOf(1e-5, { cap: 30 })),
  kernelCases(kernels.multiplyBackward, casesOf(1e-6)),
];
