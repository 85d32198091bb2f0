/** AssemblyScript: the SIMD twin of `softcap` (formula in softcap.wgsl), four elements at a time. */
import { tanh4 } from "../tanh.simd";

/** cap tanh(x / cap), also of attention scores. */
// @ts-ignore: decorator
@inline
export function softcap4(x: v128, cap: f32): v128 {
  const bound = f32x4.splat(cap);
  return f32x4.mul(bound, tanh4(f32x4.div(x, bound)));
}

export function softcap(x: usize, y: usize, count: u32, cap: f32): void {
  const end = x + <usize>count * 4;
  for (; x + 16 <= end; x += 16, y += 16) v128.store(y, softcap4(v128.load(x), cap));
  for (; x < end; x += 4, y += 4) store<f32>(y, f32x4.extract_lane(softcap4(v128.load32_splat(x), cap), 0));
}
