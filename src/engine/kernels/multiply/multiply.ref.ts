/** Reference of `multiply`. */
interface Views {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly count: number;
}

export function multiplyReference({ a, b, y }: Views, { count }: Params): void {
  for (let i = 0; i < count; i++) y[i] = (a[i] ?? 0) * (b[i] ?? 0);
}
