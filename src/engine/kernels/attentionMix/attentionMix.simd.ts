/**
 * AssemblyScript: the SIMD twin of `attentionMix` (shapes in attentionMix.wgsl): the last steps of the twin of
 * `attention`, a tile of keys at a time.
 */
import { mix, TILE, tileStarts } from "../attention/attention.simd";

/** Scratch: TILE byte offsets. */
export function attentionMix(
  pattern: usize,
  values: usize,
  visible: usize,
  spans: usize,
  z: usize,
  queries: u32,
  heads: u32,
  kvHeads: u32,
  dHead: u32,
  stride: u32,
  scratch: usize,
): void {
  const slotBytes = kvHeads * dHead * 4;
  const headBytes = <usize>dHead * 4;
  memory.fill(z, 0, <usize>queries * heads * headBytes);
  for (let i: u32 = 0; i < queries; i++) {
    const span = spans + <usize>i * 16;
    const count = load<u32>(span, 4);
    for (let first: u32 = 0; first <= count; first += TILE) {
      const inTile = min(TILE, count + 1 - first);
      tileStarts(span, visible, first, inTile, slotBytes, scratch);
      for (let h: u32 = 0; h < heads; h++) {
        const row = <usize>(i * heads + h);
        const kvStart = <usize>((h * kvHeads) / heads) * headBytes;
        const weights = pattern + (row * stride + first) * 4;
        mix(z + row * headBytes, values + kvStart, weights, scratch, inTile, dHead, 1);
      }
    }
  }
}
