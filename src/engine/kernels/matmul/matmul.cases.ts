/**
 * Cases of the matrix products: row counts at and past the limits of each regime, tails in every direction, chunks of a
 * larger matrix, in every storage of weights.
 */
import { kernelCases, noise, type KernelCase } from "../case";
import { byteSamples, floatSamples, halfSamples, type SampleWeights } from "../weights/sampleWeights";
import * as kernels from "./matmul";

function caseOf(
  label: string,
  weights: SampleWeights,
  [rows, inner, cols]: readonly [number, number, number],
  [yStride, yOffset]: readonly [number, number] = [cols, 0],
): KernelCase {
  return {
    label: `${label}: ${rows} x ${inner} x ${cols}`,
    params: { rows, inner, cols, hasBias: rows % 2, yStride, yOffset },
    buffers: {
      ...{ x: noise(rows * inner, rows), w: weights(cols, inner) },
      ...{ bias: noise(yOffset + cols, 3), y: noise(rows * yStride, 4) },
    },
    // Rounding of f32 sums grows with their length.
    tolerance: inner > 300 ? 5e-5 : 1e-5,
  };
}

function casesOf(weights: SampleWeights, rowCounts: readonly number[]): KernelCase[] {
  const [first = 1] = rowCounts;
  return [
    ...rowCounts.map((rows) => caseOf("row count", weights, [rows, 37, 67])),
    caseOf("one element a row", weights, [first, 1, 1]),
    caseOf("odd inner", weights, [first, 5, 8]),
    caseOf("whole tiles", weights, [first, 64, 64]),
    caseOf("long rows", weights, [first, 1030, 9]),
    caseOf("middle chunk of a larger matrix", weights, [first, 12, 5], [20, 7]),
  ];
}

const [FLOATS, BYTES] = [floatSamples(7), byteSamples(13)];
const [FEW, SOME, MANY] = [
  [1, 2, 3, 4],
  [5, 17, 32, 33],
  [33, 64, 65, 130],
];

export default [
  kernelCases(kernels.matvec, casesOf(FLOATS, FEW)),
  kernelCases(kernels.matvecHalf, casesOf(halfSamples, FEW)),
  kernelCases(kernels.matvecByte, casesOf(BYTES, FEW)),
  kernelCases(kernels.matmulSkinny, casesOf(FLOATS, SOME)),
  kernelCases(kernels.matmulSkinnyHalf, casesOf(halfSamples, SOME)),
  kernelCases(kernels.matmulSkinnyByte, casesOf(BYTES, SOME)),
  kernelCases(kernels.matmulTiled, casesOf(FLOATS, MANY)),
  kernelCases(kernels.matmulTiledHalf, casesOf(halfSamples, MANY)),
  kernelCases(kernels.matmulTiledByte, casesOf(BYTES, MANY)),
];
