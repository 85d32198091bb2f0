/** Reference of `compactRows`. */
interface Views {
  readonly x: Float32Array;
  readonly ids: Uint32Array;
  readonly values: Float32Array;
  readonly counts: Uint32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly width: number;
}

export function compactRowsReference({ x, ids, values, counts }: Views, { rows, cols, width }: Params): void {
  for (let r = 0; r < rows; r++) {
    ids.fill(0xffffffff, r * width, (r + 1) * width);
    values.fill(0, r * width, (r + 1) * width);
    let count = 0;
    for (let c = 0; c < cols; c++) {
      const value = x[r * cols + c] ?? 0;
      if (value === 0 || Number.isNaN(value)) continue;
      if (count < width) {
        ids[r * width + count] = c;
        values[r * width + count] = value;
      }
      count++;
    }
    counts[r] = count;
  }
}
