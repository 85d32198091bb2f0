/**
 * AssemblyScript: e^x for four lanes, relative error below 2e-7. Shared by the activation functions,
 * attention and log-sum-exp.
 *
 * x = n ln 2 + r with |r| <= ln 2 / 2; e^r by a polynomial (the coefficients of Cephes' expf, S. Moshier); 2^n
 * by adding n to the exponent bits. n is rounded by adding 1.5 * 2^23, which leaves it in the low bits of the
 * sum. Below -87.3 the result is 0, above 88.7 it stays at the largest finite value; NaN stays NaN.
 */

const LOWEST: f32 = -87.33654;
const HIGHEST: f32 = 88.72283;
const ROUNDING: f32 = 12582912; // 1.5 * 2^23

// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const inside = f32x4.pmin(f32x4.pmax(x, f32x4.splat(LOWEST)), f32x4.splat(HIGHEST));
  const shifted = f32x4.add(f32x4.mul(inside, f32x4.splat(1.44269504)), f32x4.splat(ROUNDING));
  const n = f32x4.sub(shifted, f32x4.splat(ROUNDING));
  // ln 2 in two parts: n times the first is exact.
  let r = f32x4.sub(inside, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  const power = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  const scaled = i32x4.add(power, i32x4.shl(shifted, 23));
  return v128.andnot(scaled, f32x4.lt(x, f32x4.splat(LOWEST)));
}
