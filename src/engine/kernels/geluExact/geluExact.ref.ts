/** Reference of `geluExact`, in f64. */
interface Views {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly count: number;
}

export function geluExactReference({ x, y }: Views, { count }: Params): void {
  for (let i = 0; i < count; i++) {
    const v = x[i] ?? 0;
    y[i] = 0.5 * v * (1 + erf(v / Math.SQRT2));
  }
}

/** The error function to about 1e-15: its series near zero, a continued fraction of erfc further out. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}
