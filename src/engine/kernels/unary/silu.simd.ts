/** AssemblyScript: the SIMD twin of `silu`, x / (1 + e^-x), four elements at a time. */
import { exp4 } from "../exp.simd";

// @ts-ignore: decorator
@inline
function silu4(x: v128): v128 {
  // Below -64 the exponential stands at its largest value: a larger numerator would not come out as 0.
  const numerator = f32x4.pmax(x, f32x4.splat(-64));
  return f32x4.div(numerator, f32x4.add(f32x4.splat(1), exp4(f32x4.neg(x))));
}

export function silu(x: usize, y: usize, count: u32): void {
  const end = x + <usize>count * 4;
  for (; x + 16 <= end; x += 16, y += 16) v128.store(y, silu4(v128.load(x)));
  for (; x < end; x += 4, y += 4) store<f32>(y, f32x4.extract_lane(silu4(v128.load32_splat(x)), 0));
}
