/** Cases of the embeddings: one row, repeated ids, an odd width, a chunk of a larger table. */
import { kernelCases, type KernelCase } from "../case";
import { byteSamples, floatSamples, type SampleWeights } from "../weights/sampleWeights";
import { embedding, embeddingByte, embeddingHalf } from "./embedding";

/** Words of two halves: ordinary, subnormal, zero, the largest, negative. */
const WORDS = [
  0x3c00bc00, 0x00010001, 0x80000000, 0x7bff0400, 0xfbff3555, 0x2e664248, 0x03ff83ff, 0x57000001,
];
const edgeHalves: SampleWeights = (rows, width) =>
  Uint32Array.from({ length: rows * Math.ceil(width / 2) }, (_, i) => WORDS[(i * 5) % 8] ?? 0);

function casesOf(weights: SampleWeights, tolerance: number): KernelCase[] {
  const caseOf = (
    label: string,
    ids: readonly number[],
    cols: number,
    tableRows: number,
    firstRow = 0,
  ): KernelCase => ({
    label,
    params: { rows: ids.length, cols, firstRow, tableRows },
    buffers: {
      ids: Uint32Array.from(ids),
      w: weights(tableRows, cols),
      y: new Float32Array(ids.length * cols).fill(7),
    },
    tolerance,
  });
  return [
    caseOf("one row", [2], 4, 3),
    caseOf("repeated ids, odd width", [1, 1, 0, 2], 5, 3),
    caseOf("wider than a workgroup", [0, 4, 3], 300, 5),
    caseOf("first chunk: ids past it become zero", [0, 9, 1], 6, 2),
    caseOf("later chunk: ids outside it are left alone", [0, 9, 4, 5], 6, 2, 4),
  ];
}

export default [
  kernelCases(embedding, casesOf(floatSamples(5), 0)),
  kernelCases(embeddingHalf, casesOf(edgeHalves, 0)),
  kernelCases(embeddingByte, casesOf(byteSamples(7), 1e-7)),
];
