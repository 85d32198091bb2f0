/** Cases of `linearBackwardFew`: one to four rows, a last slice that is shorter, odd widths, chunks of a larger matrix. */
import { kernelCases, noise, type KernelCase } from "../case";
import { byteSamples, floatSamples, halfSamples, type SampleWeights } from "../weights/sampleWeights";
import { linearBackwardFew, linearBackwardFewByte, linearBackwardFewHalf } from "./linearBackwardFew";

function casesOf(weights: SampleWeights): KernelCase[] {
  const caseOf = (
    label: string,
    [rows, inner, cols, slice]: readonly [number, number, number, number],
    [yStride, yOffset]: readonly [number, number] = [cols, 0],
  ): KernelCase => ({
    label: `${label}: ${rows} x ${inner} x ${cols} by ${slice}`,
    params: { rows, inner, cols, yStride, yOffset, slice },
    buffers: {
      ...{ dy: noise(rows * yStride, rows), w: weights(cols, inner) },
      parts: new Float32Array(Math.ceil(cols / slice) * rows * inner).fill(777),
    },
    tolerance: slice > 300 ? 5e-5 : 1e-5,
  });
  return [
    caseOf("one of everything", [1, 1, 1, 1]),
    ...[1, 2, 3, 4].map((rows) => caseOf("row count", [rows, 37, 67, 16])),
    caseOf("one slice", [2, 300, 50, 64]),
    caseOf("whole slices", [1, 64, 64, 16]),
    caseOf("long slices", [1, 9, 1030, 512]),
    caseOf("middle chunk of a larger matrix", [3, 12, 5, 2], [20, 7]),
  ];
}

export default [
  kernelCases(linearBackwardFew, casesOf(floatSamples(7))),
  kernelCases(linearBackwardFewHalf, casesOf(halfSamples)),
  kernelCases(linearBackwardFewByte, casesOf(byteSamples(13))),
];
