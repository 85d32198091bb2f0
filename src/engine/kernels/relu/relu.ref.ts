/** Reference of `relu`, in f64. */
interface Views {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly count: number;
}

export function reluReference({ x, y }: Views, { count }: Params): void {
  for (let i = 0; i < count; i++) {
    const v = x[i] ?? 0;
    y[i] = v > 0 ? v : 0;
  }
}
