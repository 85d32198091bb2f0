/** Cases of `addBias`: one row, one column, sizes around a workgroup. */
import { kernelCases, noise, type KernelCase } from "../case";
import { addBias } from "./addBias";

const caseOf = (label: string, rows: number, cols: number): KernelCase => ({
  label,
  params: { rows, cols },
  buffers: { x: noise(rows * cols, 1), bias: noise(cols, 2), y: new Float32Array(rows * cols).fill(NaN) },
});

export default kernelCases(addBias, [
  caseOf("one element", 1, 1),
  caseOf("one row", 1, 257),
  caseOf("one column", 300, 1),
  caseOf("many workgroups", 37, 99),
]);
