/** Weight matrices for the cases of kernel families: the same noise, or halves of every kind, in each storage. */
import { byteRows } from "../byteRows";
import { noise, type CaseArray } from "../case";

/** Halves that cover the format: ordinary, subnormal, zero, negative. */
export function halves(words: number): Uint32Array<ArrayBuffer> {
  const bits = noise(words * 2, 11).map((value) => Math.floor((value + 1) * 0x1fff));
  return Uint32Array.from({ length: words }, (_, i) => {
    const low = (bits[2 * i] ?? 0) | (i % 3 === 0 ? 0x8000 : 0);
    const high = (bits[2 * i + 1] ?? 0) | (i % 5 === 0 ? 0x8000 : 0);
    return ((high << 16) | low) >>> 0;
  });
}

export type SampleWeights = (rows: number, width: number) => CaseArray;

export const floatSamples =
  (seed: number): SampleWeights =>
  (rows, width) =>
    noise(rows * width, seed);

export const halfSamples: SampleWeights = (rows, width) => halves(rows * Math.ceil(width / 2));

export const byteSamples =
  (seed: number): SampleWeights =>
  (rows, width) =>
    byteRows(noise(rows * width, seed), rows, width);
