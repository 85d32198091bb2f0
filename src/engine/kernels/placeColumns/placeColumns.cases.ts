/** Cases of `placeColumns`: first, middle and last columns, all of them, past a workgroup. */
import { kernelCases, noise, type KernelCase } from "../case";
import { placeColumns } from "./placeColumns";

const caseOf = (label: string, rows: number, width: number, cols: number, offset: number): KernelCase => ({
  label,
  params: { rows, width, cols, offset },
  buffers: { dy: noise(rows * width, 3), dx: new Float32Array(rows * cols).fill(777) },
  tolerance: 0,
});

export default kernelCases(placeColumns, [
  caseOf("one element", 1, 1, 1, 0),
  caseOf("first columns", 5, 3, 10, 0),
  caseOf("middle columns", 5, 3, 10, 4),
  caseOf("last columns, past a workgroup", 7, 96, 288, 192),
]);
