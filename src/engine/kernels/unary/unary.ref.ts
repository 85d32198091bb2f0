/** References of the elementwise kernels of one tensor, in f64: the function of each, and the loop they share. */

interface Views {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** `apply` for one call: parameters bound, one number in, one out. */
export function unaryReference<P extends { readonly count: number }>(
  bind: (params: P) => (v: number) => number,
) {
  return ({ x, y }: Views, params: P): void => {
    const apply = bind(params);
    for (let i = 0; i < params.count; i++) y[i] = apply(x[i] ?? 0);
  };
}

export const relu = (v: number) => (v > 0 ? v : 0);
export const silu = (v: number) => v / (1 + Math.exp(-v));
export const geluTanh = (v: number) =>
  0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
export const geluExact = (v: number) => 0.5 * v * (1 + erf(v / Math.SQRT2));
export const softcap = (cap: number) => (v: number) => cap * Math.tanh(v / cap);
export const scale = (factor: number) => (v: number) => factor * v;

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
