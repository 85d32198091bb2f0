/**
 * 8-bit rows: of each row of a matrix its scale, max |row| / 127 (the bits of an f32), then its values as signed
 * bytes, four to a word, the lowest first. A weight is scale * byte; its error is at most half a scale.
 */

export const byteRowWords = (cols: number) => 1 + Math.ceil(cols / 4);

/** values [rows, cols] → words [rows, byteRowWords(cols)]. */
export function byteRows(values: Float32Array, rows: number, cols: number): Uint32Array<ArrayBuffer> {
  const stride = byteRowWords(cols);
  const words = new Uint32Array(rows * stride);
  const scales = new Float32Array(words.buffer);
  const bytes = new Int8Array(words.buffer);
  for (let r = 0; r < rows; r++) {
    let largest = 0;
    for (let c = 0; c < cols; c++) largest = Math.max(largest, Math.abs(values[r * cols + c] ?? 0));
    scales[r * stride] = largest / 127;
    const scale = scales[r * stride] ?? 0;
    if (scale === 0) continue;
    const first = (r * stride + 1) * 4;
    for (let c = 0; c < cols; c++) {
      bytes[first + c] = Math.max(-127, Math.min(127, Math.round((values[r * cols + c] ?? 0) / scale)));
    }
  }
  return words;
}

/** Weight [r, c] of a matrix in 8-bit rows: what the references read with. */
export function byteRowWeight(words: Uint32Array, cols: number, r: number, c: number): number {
  const first = r * byteRowWords(cols);
  const scale = new Float32Array(words.buffer, words.byteOffset, words.length)[first] ?? 0;
  const byte = ((words[first + 1 + (c >> 2)] ?? 0) << (24 - 8 * (c % 4))) >> 24;
  return scale * byte;
}
