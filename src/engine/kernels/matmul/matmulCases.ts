/** Cases that all matmul kernels share, at the row counts of each. */
import { byteRows } from "../byteRows";
import { noise, type CaseArray, type KernelCase } from "../case";

/** Halves that cover the format: ordinary, subnormal, zero, negative. */
export function halves(words: number): Uint32Array<ArrayBuffer> {
  const bits = noise(words * 2, 11).map((value) => Math.floor((value + 1) * 0x1fff));
  return Uint32Array.from({ length: words }, (_, i) => {
    const low = (bits[2 * i] ?? 0) | (i % 3 === 0 ? 0x8000 : 0);
    const high = (bits[2 * i + 1] ?? 0) | (i % 5 === 0 ? 0x8000 : 0);
    return ((high << 16) | low) >>> 0;
  });
}

function caseOf(
  label: string,
  w: CaseArray,
  rows: number,
  inner: number,
  cols: number,
  chunk?: [number, number],
): KernelCase {
  const [yStride, yOffset] = chunk ?? [cols, 0];
  return {
    label: `${label}: ${rows} x ${inner} x ${cols}`,
    params: { rows, inner, cols, hasBias: rows % 2, yStride, yOffset },
    buffers: { x: noise(rows * inner, rows), w, bias: noise(yOffset + cols, 3), y: noise(rows * yStride, 4) },
    // Rounding of f32 sums grows with their length.
    tolerance: inner > 300 ? 5e-5 : 1e-5,
  };
}

function casesWith(
  weights: (cols: number, inner: number) => CaseArray,
  rowCounts: readonly number[],
): KernelCase[] {
  const [first = 1] = rowCounts;
  return [
    ...rowCounts.map((rows) => caseOf("row count", weights(67, 37), rows, 37, 67)),
    caseOf("one element a row", weights(1, 1), first, 1, 1),
    caseOf("odd inner", weights(8, 5), first, 5, 8),
    caseOf("whole tiles", weights(64, 64), first, 64, 64),
    caseOf("long rows", weights(9, 1030), first, 1030, 9),
    caseOf("middle chunk of a larger matrix", weights(5, 12), first, 12, 5, [20, 7]),
  ];
}

export const matmulCases = (rowCounts: readonly number[]) =>
  casesWith((cols, inner) => noise(cols * inner, 7), rowCounts);

export const matmulHalfCases = (rowCounts: readonly number[]) =>
  casesWith((cols, inner) => halves(cols * Math.ceil(inner / 2)), rowCounts);

export const matmulByteCases = (rowCounts: readonly number[]) =>
  casesWith((cols, inner) => byteRows(noise(cols * inner, 13), cols, inner), rowCounts);
