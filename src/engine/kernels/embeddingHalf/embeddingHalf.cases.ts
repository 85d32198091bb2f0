/** Cases of `embeddingHalf`: one row, repeated ids, an odd width, a chunk of a larger table. */
import { kernelCases, type KernelCase } from "../case";
import { embeddingHalf } from "./embeddingHalf";

/** Words of two halves: ordinary, subnormal, zero, the largest, negative. */
const WORDS = [
  0x3c00bc00, 0x00010001, 0x80000000, 0x7bff0400, 0xfbff3555, 0x2e664248, 0x03ff83ff, 0x57000001,
];

function caseOf(label: string, ids: number[], cols: number, tableRows: number, firstRow = 0): KernelCase {
  return {
    label,
    params: { rows: ids.length, cols, firstRow, tableRows },
    buffers: {
      table: Uint32Array.from({ length: tableRows * Math.ceil(cols / 2) }, (_, i) => WORDS[(i * 5) % 8] ?? 0),
      ids: Uint32Array.from(ids),
      y: new Float32Array(ids.length * cols).fill(7),
    },
    tolerance: 0,
  };
}

export default kernelCases(embeddingHalf, [
  caseOf("one row", [2], 4, 3),
  caseOf("repeated ids, odd width", [1, 1, 0, 2], 5, 3),
  caseOf("wider than a workgroup", [0, 4, 3], 300, 5),
  caseOf("first chunk: ids past it become zero", [0, 9, 1], 6, 2),
  caseOf("later chunk: ids outside it are left alone", [0, 9, 4, 5], 6, 2, 4),
]);
