/** AssemblyScript: the SIMD twin of `attentionPatternBackward` (formula in its shader), the sum of a row in f64. */

// @ts-ignore: decorator
@inline
function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1));
}

export function attentionPatternBackward(
  dPattern: usize, pattern: usize, spans: usize, dScores: usize, queries: u32, own: u32, heads: u32, stride: u32,
): void {
  const bytes = <usize>stride * 4;
  for (let query: u32 = 0; query < queries; query++) {
    const i = query % own;
    const keys = load<u32>(spans + <usize>i * 16, 4) + 1;
    for (let h: u32 = 0; h < heads; h++, dPattern += bytes, dScores += bytes) {
      const p = pattern + <usize>(i * heads + h) * bytes;
      let sums = f64x2.splat(0);
      let j: u32 = 0;
      for (; j + 4 <= keys; j += 4) {
        const at = <usize>j * 4;
        const product = f32x4.mul(v128.load(p + at), v128.load(dPattern + at));
        sums = f64x2.add(sums, f64x2.add(f64x2.promote_low_f32x4(product), high(product)));
      }
      let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
      for (; j < keys; j++) {
        const at = <usize>j * 4;
        sum += <f64>(load<f32>(p + at) * load<f32>(dPattern + at));
      }
      const total = <f32>sum;
      for (j = 0; j + 4 <= keys; j += 4) {
        const at = <usize>j * 4;
        const less = f32x4.sub(v128.load(dPattern + at), f32x4.splat(total));
        v128.store(dScores + at, f32x4.mul(v128.load(p + at), less));
      }
      for (; j < keys; j++) {
        const at = <usize>j * 4;
        store<f32>(dScores + at, load<f32>(p + at) * (load<f32>(dPattern + at) - total));
      }
      memory.fill(dScores + <usize>keys * 4, 0, <usize>(stride - keys) * 4);
    }
  }
}
