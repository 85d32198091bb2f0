/** Cases of `linearBackward`: few rows and many, tails in every direction, chunks of a larger matrix, every storage. */
import { kernelCases, noise, type KernelCase } from "../case";
import { byteSamples, floatSamples, halfSamples, type SampleWeights } from "../weights/sampleWeights";
import { linearBackward, linearBackwardByte, linearBackwardHalf } from "./linearBackward";

function casesOf(weights: SampleWeights): KernelCase[] {
  const caseOf = (
    label: string,
    [rows, inner, cols]: readonly [number, number, number],
    [yStride, yOffset]: readonly [number, number] = [cols, 0],
  ): KernelCase => ({
    label: `${label}: ${rows} x ${inner} x ${cols}`,
    params: { rows, inner, cols, yStride, yOffset, hasStart: rows % 2 },
    buffers: {
      ...{ dy: noise(rows * yStride, rows), w: weights(cols, inner) },
      ...{ start: noise(rows * inner, 3), dx: new Float32Array(rows * inner).fill(777) },
    },
    // Rounding of f32 sums grows with their length.
    tolerance: cols > 300 ? 5e-5 : 1e-5,
  });
  return [
    caseOf("one of everything", [1, 1, 1]),
    ...[1, 2, 3, 4, 5, 33, 130].map((rows) => caseOf("row count", [rows, 37, 67])),
    caseOf("odd width", [6, 5, 8]),
    caseOf("whole tiles", [64, 64, 64]),
    caseOf("many output features", [7, 9, 1030]),
    caseOf("middle chunk of a larger matrix", [5, 12, 5], [20, 7]),
    caseOf("the same, two rows", [2, 12, 5], [20, 7]),
  ];
}

export default [
  kernelCases(linearBackward, casesOf(floatSamples(7))),
  kernelCases(linearBackwardHalf, casesOf(halfSamples)),
  kernelCases(linearBackwardByte, casesOf(byteSamples(13))),
];
