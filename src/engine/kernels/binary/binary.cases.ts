/** Cases of the elementwise kernels of two tensors: one element, around a workgroup, several workgroups. */
import { kernelCases, noise, type KernelCase } from "../case";
import { add, multiply } from "./binary";

const caseOf = (label: string, count: number): KernelCase => ({
  label,
  params: { count },
  buffers: { a: noise(count, 1, 3), b: noise(count, 2, 3), y: new Float32Array(count).fill(NaN) },
});

const CASES = [
  caseOf("one element", 1),
  caseOf("one short of a workgroup", 255),
  caseOf("one past a workgroup", 257),
  caseOf("many workgroups", 5000),
];

export default [kernelCases(add, CASES), kernelCases(multiply, CASES)];
