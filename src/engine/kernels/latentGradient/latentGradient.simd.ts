/**
 * AssemblyScript: the SIMD twin of `latentGradient` (formula in its shader): sixteen columns of a latent's sum stay in registers
 * while the rows that use it go by, then four, then one.
 */

// @ts-ignore: decorator
@inline
function madd(sum: v128, factor: v128, from: usize): v128 {
  return f32x4.add(sum, f32x4.mul(factor, v128.load(from)));
}

export function latentGradient(
  d: usize, x: usize, order: usize, firsts: usize, dw: usize, db: usize, latents: u32, width: u32, cols: u32,
): void {
  const rowBytes = (<usize>cols) << 2;
  for (let latent: u32 = 0; latent < latents; latent++, firsts += 4, dw += rowBytes, db += 4) {
    const first = order + ((<usize>load<u32>(firsts)) << 2);
    const end = order + ((<usize>load<u32>(firsts, 4)) << 2);
    let c: u32 = 0;
    for (; c + 16 <= cols; c += 16) {
      const column = (<usize>c) << 2;
      let a = f32x4.splat(0), b = f32x4.splat(0), e = f32x4.splat(0), f = f32x4.splat(0);
      for (let at = first; at < end; at += 4) {
        const slot = load<u32>(at);
        const worth = v128.load32_splat(d + ((<usize>slot) << 2));
        const from = x + <usize>(slot / width) * rowBytes + column;
        a = madd(a, worth, from);
        b = madd(b, worth, from + 16);
        e = madd(e, worth, from + 32);
        f = madd(f, worth, from + 48);
      }
      v128.store(dw + column, a);
      v128.store(dw + column, b, 16);
      v128.store(dw + column, e, 32);
      v128.store(dw + column, f, 48);
    }
    for (; c < cols; c++) {
      const column = (<usize>c) << 2;
      let sum: f32 = 0;
      for (let at = first; at < end; at += 4) {
        const slot = load<u32>(at);
        sum += load<f32>(d + ((<usize>slot) << 2)) * load<f32>(x + <usize>(slot / width) * rowBytes + column);
      }
      store<f32>(dw + column, sum);
    }
    let total: f32 = 0;
    for (let at = first; at < end; at += 4) total += load<f32>(d + ((<usize>load<u32>(at)) << 2));
    store<f32>(db, total);
  }
}
