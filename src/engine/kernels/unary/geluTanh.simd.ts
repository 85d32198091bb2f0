/**
 * AssemblyScript: the SIMD twin of `geluTanh` (formula in unary/geluTanh.wgsl), four elements at a time.
 * x / 2 * (1 + tanh u) = x / (1 + e^(-2u)) with u = sqrt(2/π) (x + 0.044715 x³): one exponential, no cancellation.
 */
import { exp4 } from "../exp.simd";

// @ts-ignore: decorator
@inline
function gelu4(x: v128): v128 {
  const cubic = f32x4.add(f32x4.splat(1), f32x4.mul(f32x4.splat(0.044715), f32x4.mul(x, x)));
  const minusTwoU = f32x4.mul(f32x4.mul(x, cubic), f32x4.splat(-1.5957691216));
  // Below -64 the exponential stands at its largest value: a larger numerator would leave 0 again.
  const numerator = f32x4.pmax(x, f32x4.splat(-64));
  return f32x4.div(numerator, f32x4.add(f32x4.splat(1), exp4(minusTwoU)));
}

export function geluTanh(x: usize, y: usize, count: u32): void {
  const end = x + <usize>count * 4;
  for (; x + 16 <= end; x += 16, y += 16) v128.store(y, gelu4(v128.load(x)));
  for (; x < end; x += 4, y += 4) store<f32>(y, f32x4.extract_lane(gelu4(v128.load32_splat(x)), 0));
}
