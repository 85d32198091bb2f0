/** References of the elementwise pullbacks, in f64: the slope of each function, and the loop they share. */
import { erf } from "../unary/unary.ref";

interface Views {
  readonly dy: Float32Array;
  readonly v: Float32Array;
  readonly dx: Float32Array;
}

/** `slope` for one call: parameters bound, one number in, one out. */
export function activationBackwardReference<P extends { readonly count: number; readonly own: number }>(
  bind: (params: P) => (v: number) => number,
) {
  return ({ dy, v, dx }: Views, params: P): void => {
    const slope = bind(params);
    const slopes = Float64Array.from(v.subarray(0, params.own), slope);
    for (let i = 0; i < params.count; i++) dx[i] = (dy[i] ?? 0) * (slopes[i % params.own] ?? 0);
  };
}

export const relu = (v: number) => (v > 0 ? 1 : 0);

export function silu(v: number): number {
  const s = 1 / (1 + Math.exp(-v));
  return s * (1 + v * (1 - s));
}

export function geluTanh(v: number): number {
  const t = Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v));
  const du = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * v * v);
  // Far out tanh is 1 to the last bit, and the product of 0 and a large number is 0.
  return 0.5 * (1 + t) + 0.5 * v * (1 - t * t) * du;
}

export const geluExact = (v: number) =>
  0.5 * (1 + erf(v / Math.SQRT2)) + (v * Math.exp(-0.5 * v * v)) / Math.sqrt(2 * Math.PI);

/** From what the soft cap gave. */
export const softcap = (cap: number) => (y: number) => 1 - (y / cap) ** 2;

export const product = (other: number) => other;
