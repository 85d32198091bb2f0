/** AssemblyScript: the SIMD twin of `add`, y = a + b, four elements at a time. */

export function add(a: usize, b: usize, y: usize, count: u32): void {
  const end = a + <usize>count * 4;
  for (; a + 16 <= end; a += 16, b += 16, y += 16) v128.store(y, f32x4.add(v128.load(a), v128.load(b)));
  for (; a < end; a += 4, b += 4, y += 4) store<f32>(y, load<f32>(a) + load<f32>(b));
}
