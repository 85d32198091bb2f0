/** Reference of `editRowsBackward`. Shapes in editRowsBackward.wgsl. */
interface Views {
  readonly dy: Float32Array;
  readonly spans: Uint32Array;
  readonly entries: Uint32Array;
  readonly keeps: Float32Array;
  readonly dx: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly own: number;
  readonly cols: number;
  readonly offset: number;
}

export function editRowsBackwardReference(
  { dy, spans, entries, keeps, dx }: Views,
  { rows, own, cols, offset }: Params,
): void {
  dx.set(dy.subarray(0, rows * cols));
  for (let n = 0; n < rows; n++) {
    const row = n % own;
    const first = spans[2 * row] ?? 0;
    const end = first + (spans[2 * row + 1] ?? 0);
    for (let e = first; e < end; e++) {
      const start = offset + (entries[3 * e] ?? 0);
      const width = Math.min(entries[3 * e + 1] ?? 0, cols - start);
      const keep = keeps[e] ?? 0;
      for (let i = n * cols + start; i < n * cols + start + width; i++)
        dx[i] = keep === 0 ? 0 : keep * (dx[i] ?? 0);
    }
  }
}
