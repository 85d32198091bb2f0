/** AssemblyScript: the SIMD twin of `attentionKeysBackward` (formula in its shader): rows of x added up, four columns at a time. */

function addRow(to: usize, from: usize, coefficient: f32, dHead: u32): void {
  const factor = f32x4.splat(coefficient);
  let d: u32 = 0;
  for (; d + 4 <= dHead; d += 4, to += 16, from += 16) {
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(factor, v128.load(from))));
  }
  for (; d < dHead; d++, to += 4, from += 4) store<f32>(to, load<f32>(to) + coefficient * load<f32>(from));
}

export function attentionKeysBackward(
  coefficients: usize, x: usize, seenBy: usize, firsts: usize, dKeys: usize, rows: u32, own: u32, heads: u32,
  kvHeads: u32, dHead: u32, stride: u32, cRows: u32, xRows: u32, xStride: u32, xOffset: u32, factor: f32,
): void {
  const headBytes = <usize>dHead * 4;
  memory.fill(dKeys, 0, <usize>rows * kvHeads * headBytes);
  for (let row: u32 = 0; row < rows; row++) {
    const token = row % own;
    const out = dKeys + <usize>row * kvHeads * headBytes;
    const end = load<u32>(firsts + <usize>(token + 1) * 4);
    for (let pair = load<u32>(firsts + <usize>token * 4); pair < end; pair++) {
      const query = row - token + load<u32>(seenBy + <usize>pair * 8);
      const key = load<u32>(seenBy + <usize>pair * 8, 4);
      let at = coefficients + (<usize>(query % cRows) * heads * stride + key) * 4;
      let from = x + (<usize>(query % xRows) * xStride + xOffset) * 4;
      for (let h: u32 = 0; h < heads; h++, at += <usize>stride * 4, from += headBytes) {
        addRow(out + <usize>((h * kvHeads) / heads) * headBytes, from, factor * load<f32>(at), dHead);
      }
    }
  }
}
