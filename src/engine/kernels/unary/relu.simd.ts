/** AssemblyScript: the SIMD twin of `relu`, max(x, 0), four elements at a time. */

export function relu(x: usize, y: usize, count: u32): void {
  const end = x + <usize>count * 4;
  const zero = f32x4.splat(0);
  for (; x + 16 <= end; x += 16, y += 16) v128.store(y, f32x4.pmax(zero, v128.load(x)));
  for (; x < end; x += 4, y += 4) store<f32>(y, load<f32>(x) > 0 ? load<f32>(x) : 0);
}
