/** Reference of `geluTanh`, in f64. */
interface Views {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly count: number;
}

export function geluTanhReference({ x, y }: Views, { count }: Params): void {
  for (let i = 0; i < count; i++) {
    const v = x[i] ?? 0;
    y[i] = 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
  }
}
