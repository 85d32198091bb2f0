/** Cases of the dense decoders: tails in every direction, mostly zeros, chunks of a larger decoder. */
import { kernelCases, noise, type KernelCase } from "../case";
import { floatSamples, halfSamples, type SampleWeights } from "../weights/sampleWeights";
import { denseDecode, denseDecodeHalf } from "./denseDecode";

function casesOf(weights: SampleWeights): KernelCase[] {
  const caseOf = (
    label: string,
    [rows, inner, cols]: readonly [number, number, number],
    [zStride, zOffset, ownStart]: readonly [number, number, boolean] = [inner, 0, false],
    active = 1,
  ): KernelCase => {
    const zeros = noise(rows * zStride, 9, 0.5);
    const z = noise(rows * zStride, rows).map((value, i) => ((zeros[i] ?? 0) + 0.5 < active ? value : 0));
    const start = noise(ownStart ? rows * cols : cols, 4, 2);
    return {
      label: `${label}: ${rows} x ${inner} x ${cols}`,
      params: { rows, inner, cols, zStride, zOffset, startStride: ownStart ? cols : 0 },
      buffers: { z, w: weights(inner, cols), start, y: new Float32Array(rows * cols).fill(7) },
      tolerance: inner > 300 ? 5e-5 : 1e-5,
    };
  };
  return [
    caseOf("one element", [1, 1, 1]),
    caseOf("odd sizes", [5, 37, 67]),
    caseOf("whole tiles", [64, 16, 64]),
    caseOf("past whole tiles", [66, 33, 130]),
    caseOf("mostly zeros", [9, 1031, 35], undefined, 0.05),
    caseOf("a later chunk, on what the others gave", [6, 20, 31], [50, 30, true]),
  ];
}

export default [
  kernelCases(denseDecode, casesOf(floatSamples(6))),
  kernelCases(denseDecodeHalf, casesOf(halfSamples)),
];
