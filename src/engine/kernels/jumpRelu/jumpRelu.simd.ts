/** AssemblyScript: the SIMD twin of `jumpRelu`, four latents at a time. */

export function jumpRelu(x: usize, threshold: usize, y: usize, rows: u32, cols: u32): void {
  const zero = f32x4.splat(0);
  for (let r: u32 = 0; r < rows; r++) {
    let c: u32 = 0;
    let limits = threshold;
    for (; c + 4 <= cols; c += 4, x += 16, y += 16, limits += 16) {
      const value = v128.load(x);
      v128.store(y, v128.and(value, f32x4.gt(value, f32x4.pmax(zero, v128.load(limits)))));
    }
    for (; c < cols; c++, x += 4, y += 4, limits += 4) {
      const value = load<f32>(x);
      const limit = load<f32>(limits);
      store<f32>(y, value > (limit > 0 ? limit : 0) ? value : 0);
    }
  }
}
