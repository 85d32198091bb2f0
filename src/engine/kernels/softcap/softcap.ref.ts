/** Reference of `softcap`, in f64. */
interface Views {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly count: number;
  readonly cap: number;
}

export function softcapReference({ x, y }: Views, { count, cap }: Params): void {
  for (let i = 0; i < count; i++) {
    const v = x[i] ?? 0;
    y[i] = cap * Math.tanh(v / cap);
  }
}
