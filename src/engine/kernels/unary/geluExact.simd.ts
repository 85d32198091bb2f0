/**
 * AssemblyScript: the SIMD twin of `geluExact` (formula in unary/geluExact.wgsl), four elements at a time.
 * x Φ(x) = max(x, 0) - |x| T with T = Φ(-|x|) = erfc(|x| / √2) / 2, by Abramowitz & Stegun 7.1.26
 * (absolute error of erfc: 1.5e-7).
 */
import { exp4 } from "../exp.simd";

// @ts-ignore: decorator
@inline
function gelu4(x: v128): v128 {
  // From 16 on the tail is 0 in f32; the bound keeps infinity from making NaN with it.
  const size = f32x4.min(f32x4.abs(x), f32x4.splat(16));
  const z = f32x4.mul(size, f32x4.splat(0.70710678));
  const t = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), f32x4.mul(z, f32x4.splat(0.3275911))));
  let p = f32x4.splat(1.061405429);
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-1.453152027));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(1.421413741));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-0.284496736));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.254829592));
  const tail = f32x4.mul(f32x4.mul(p, t), exp4(f32x4.neg(f32x4.mul(z, z))));
  const positive = f32x4.pmax(x, f32x4.splat(0));
  return f32x4.sub(positive, f32x4.mul(f32x4.mul(size, f32x4.splat(0.5)), tail));
}

export function geluExact(x: usize, y: usize, count: u32): void {
  const end = x + <usize>count * 4;
  for (; x + 16 <= end; x += 16, y += 16) v128.store(y, gelu4(v128.load(x)));
  for (; x < end; x += 4, y += 4) store<f32>(y, f32x4.extract_lane(gelu4(v128.load32_splat(x)), 0));
}
