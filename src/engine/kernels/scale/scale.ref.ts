/** Reference of `scale`, in f64. */
interface Views {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly count: number;
  readonly factor: number;
}

export function scaleReference({ x, y }: Views, { count, factor }: Params): void {
  for (let i = 0; i < count; i++) {
    const v = x[i] ?? 0;
    y[i] = factor * v;
  }
}
