/**
 * AssemblyScript: the SIMD twin of `attentionKeysBackward` (formula in its shader): sixteen columns of a token's sum stay in
 * registers while the queries that see it go by, then four, then one.
 */

// @ts-ignore: decorator
@inline
function madd(sum: v128, factor: v128, from: usize): v128 {
  return f32x4.add(sum, f32x4.mul(factor, v128.load(from)));
}

/** Where the coefficients of a pair begin, those of the first head. */
// @ts-ignore: decorator
@inline
function coefficientOf(c: usize, pairAt: usize, rowBytes: usize): usize {
  return c + <usize>load<u32>(pairAt) * rowBytes + <usize>load<u32>(pairAt, 4) * 4;
}

export function attentionKeysBackward(
  coefficients: usize, x: usize, seenBy: usize, firsts: usize, dKeys: usize, rows: u32, own: u32, heads: u32,
  kvHeads: u32, dHead: u32, stride: u32, cRows: u32, xRows: u32, xStride: u32, xOffset: u32, factor: f32,
): void {
  const headBytes = <usize>dHead * 4;
  const strideBytes = <usize>stride * 4;
  const cBytes = <usize>heads * strideBytes;
  const xBytes = <usize>xStride * 4;
  const scale = f32x4.splat(factor);
  const base = x + <usize>xOffset * 4;
  for (let row: u32 = 0; row < rows; row++) {
    const token = row % own;
    // What has rows of its own for each scalar begins further on for this one.
    const ofScalar = <usize>(row - token);
    const c0 = coefficients + (cRows == own ? 0 : ofScalar) * cBytes;
    const x0 = base + (xRows == own ? 0 : ofScalar) * xBytes;
    const first = load<u32>(firsts + <usize>token * 4);
    const end = load<u32>(firsts + <usize>(token + 1) * 4);
    for (let g: u32 = 0; g < kvHeads; g++) {
      const firstHead = (g * heads + kvHeads - 1) / kvHeads;
      const endHead = ((g + 1) * heads + kvHeads - 1) / kvHeads;
      const out = dKeys + <usize>(row * kvHeads + g) * headBytes;
      let d: u32 = 0;
      for (; d + 16 <= dHead; d += 16) {
        const column = <usize>d * 4;
        let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), e = f32x4.splat(0);
        for (let pair = first; pair < end; pair++) {
          const pairAt = seenBy + <usize>pair * 8;
          const at = coefficientOf(c0, pairAt, cBytes);
          const from = x0 + <usize>load<u32>(pairAt) * xBytes + column;
          for (let h = firstHead; h < endHead; h++) {
            const share = v128.load32_splat(at + <usize>h * strideBytes);
            const line = from + <usize>h * headBytes;
            a = madd(a, share, line);
            b = madd(b, share, line + 16);
            c = madd(c, share, line + 32);
            e = madd(e, share, line + 48);
          }
        }
        v128.store(out + column, f32x4.mul(a, scale));
        v128.store(out + column, f32x4.mul(b, scale), 16);
        v128.store(out + column, f32x4.mul(c, scale), 32);
        v128.store(out + column, f32x4.mul(e, scale), 48);
      }
      for (; d + 4 <= dHead; d += 4) {
        const column = <usize>d * 4;
        let a = f32x4.splat(0);
        for (let pair = first; pair < end; pair++) {
          const pairAt = seenBy + <usize>pair * 8;
          const at = coefficientOf(c0, pairAt, cBytes);
          const from = x0 + <usize>load<u32>(pairAt) * xBytes + column;
          for (let h = firstHead; h < endHead; h++) {
            a = madd(a, v128.load32_splat(at + <usize>h * strideBytes), from + <usize>h * headBytes);
          }
        }
        v128.store(out + column, f32x4.mul(a, scale));
      }
      for (; d < dHead; d++) {
        const column = <usize>d * 4;
        let sum: f32 = 0;
        for (let pair = first; pair < end; pair++) {
          const pairAt = seenBy + <usize>pair * 8;
          const at = coefficientOf(c0, pairAt, cBytes);
          const from = x0 + <usize>load<u32>(pairAt) * xBytes + column;
          for (let h = firstHead; h < endHead; h++) {
            sum += load<f32>(at + <usize>h * strideBytes) * load<f32>(from + <usize>h * headBytes);
          }
        }
        store<f32>(out + column, sum * factor);
      }
    }
  }
}
