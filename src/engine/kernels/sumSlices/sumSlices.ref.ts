/** Reference of `sumSlices`, sums in f64. */
interface Views {
  readonly parts: Float32Array;
  readonly start: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly count: number;
  readonly slices: number;
  readonly hasStart: number;
}

export function sumSlicesReference({ parts, start, y }: Views, { count, slices, hasStart }: Params): void {
  for (let i = 0; i < count; i++) {
    let sum = hasStart ? (start[i] ?? 0) : 0;
    for (let s = 0; s < slices; s++) sum += parts[s * count + i] ?? 0;
    y[i] = sum;
  }
}
