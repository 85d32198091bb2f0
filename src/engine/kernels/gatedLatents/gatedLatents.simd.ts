/** AssemblyScript: the SIMD twin of `gatedLatents`, four latents at a time. */

export function gatedLatents(
  x: usize, gateBias: usize, scale: usize, bias: usize, y: usize, rows: u32, cols: u32,
): void {
  const zero = f32x4.splat(0);
  for (let r: u32 = 0; r < rows; r++) {
    let c: u32 = 0;
    for (; c + 4 <= cols; c += 4, x += 16, y += 16) {
      const at = (<usize>c) << 2;
      const value = v128.load(x);
      const size = f32x4.pmax(zero, f32x4.add(f32x4.mul(value, v128.load(scale + at)), v128.load(bias + at)));
      v128.store(y, v128.and(size, f32x4.gt(f32x4.add(value, v128.load(gateBias + at)), zero)));
    }
    for (; c < cols; c++, x += 4, y += 4) {
      const at = (<usize>c) << 2;
      const value = load<f32>(x);
      const size: f32 = value * load<f32>(scale + at) + load<f32>(bias + at);
      const gate: f32 = value + load<f32>(gateBias + at);
      store<f32>(y, gate > 0 && size > 0 ? size : 0);
    }
  }
}
