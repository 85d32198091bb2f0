/** AssemblyScript: the SIMD twin of `scale`, factor x in f64, as the reference has it: the same bits. */
export function scale(x: usize, y: usize, count: u32, factor: f64): void {
  const factors = f64x2.splat(factor);
  const end = x + <usize>count * 4;
  for (; x + 8 <= end; x += 8, y += 8) {
    const product = f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(x)), factors);
    v128.store64_lane(y, f32x4.demote_f64x2_zero(product), 0);
  }
  if (x < end) store<f32>(y, <f32>(<f64>load<f32>(x) * factor));
}
