/** Reference of `editRows`: copies, then applies each row's entries in order. */
interface Views {
  readonly x: Float32Array;
  readonly spans: Uint32Array;
  readonly entries: Uint32Array;
  readonly keeps: Float32Array;
  readonly values: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly offset: number;
}

const NONE = 0xffffffff;

export function editRowsReference(
  { x, spans, entries, keeps, values, y }: Views,
  { rows, cols, offset }: Params,
): void {
  y.set(x.subarray(0, rows * cols));
  for (let row = 0; row < rows; row++) {
    const first = spans[2 * row] ?? 0;
    const end = first + (spans[2 * row + 1] ?? 0);
    for (let e = first; e < end; e++) {
      const start = offset + (entries[3 * e] ?? 0);
      const width = Math.min(entries[3 * e + 1] ?? 0, cols - start);
      const keep = keeps[e] ?? 0;
      const from = entries[3 * e + 2] ?? NONE;
      for (let at = 0; at < width; at++) {
        const i = row * cols + start + at;
        const kept = keep === 0 ? 0 : keep * (y[i] ?? 0);
        y[i] = from === NONE ? kept : kept + (values[from + at] ?? 0);
      }
    }
  }
}
