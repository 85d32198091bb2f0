/** One IEEE half as a number: what the references of kernels with packed weights read with. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Element (row, column) of a matrix of packed halves: two to a word, the lower one first, rows of whole words. */
export function packedHalf(words: Uint32Array, cols: number, row: number, column: number): number {
  const word = words[row * Math.ceil(cols / 2) + (column >> 1)] ?? 0;
  return halfToFloat(column % 2 === 0 ? word & 0xffff : word >>> 16);
}
