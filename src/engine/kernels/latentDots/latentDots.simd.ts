/** AssemblyScript: the SIMD twin of `latentDots` (formula in its shader): eight columns at a time, in two sums. */

export function latentDots(
  g: usize, ids: usize, values: usize, w: usize, d: usize, rows: u32, width: u32, latents: u32, cols: u32,
): void {
  const rowBytes = (<usize>cols) << 2;
  for (let row: u32 = 0; row < rows; row++, g += rowBytes) {
    for (let n: u32 = 0; n < width; n++, ids += 4, values += 4, d += 4) {
      const latent = load<u32>(ids);
      if (latent >= latents || !(load<f32>(values) > 0)) {
        store<f32>(d, 0);
        continue;
      }
      store<f32>(d, dot(g, w + <usize>latent * rowBytes, cols));
    }
  }
}

function dot(a: usize, b: usize, count: u32): f32 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  let c: u32 = 0;
  for (; c + 8 <= count; c += 8, a += 32, b += 32) {
    even = f32x4.add(even, f32x4.mul(v128.load(a), v128.load(b)));
    odd = f32x4.add(odd, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
  }
  const both = f32x4.add(even, odd);
  let sum =
    f32x4.extract_lane(both, 0) + f32x4.extract_lane(both, 1) + f32x4.extract_lane(both, 2) + f32x4.extract_lane(both, 3);
  for (; c < count; c++, a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
}
