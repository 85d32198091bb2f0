/** Cases of `embeddingByte`: one row, repeated ids, an odd width, a chunk of a larger table. */
import { byteRows } from "../byteRows";
import { kernelCases, noise, type KernelCase } from "../case";
import { embeddingByte } from "./embeddingByte";

function caseOf(label: string, ids: number[], cols: number, tableRows: number, firstRow = 0): KernelCase {
  return {
    label,
    params: { rows: ids.length, cols, firstRow, tableRows },
    buffers: {
      table: byteRows(noise(tableRows * cols, 7), tableRows, cols),
      ids: Uint32Array.from(ids),
      y: new Float32Array(ids.length * cols).fill(7),
    },
    tolerance: 1e-7,
  };
}

export default kernelCases(embeddingByte, [
  caseOf("one row", [2], 4, 3),
  caseOf("repeated ids, odd width", [1, 1, 0, 2], 5, 3),
  caseOf("wider than a workgroup", [0, 4, 3], 300, 5),
  caseOf("first chunk: ids past it become zero", [0, 9, 1], 6, 2),
  caseOf("later chunk: ids outside it are left alone", [0, 9, 4, 5], 6, 2, 4),
]);
