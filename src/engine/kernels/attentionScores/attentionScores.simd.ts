/**
 * AssemblyScript: the SIMD twin of `attentionScores` (shapes in attentionScores.wgsl): the first steps of the twin of
 * `attention`, a tile of keys at a time.
 */
import { fillLowest, scoreTile, storeSlopes, TILE, tileDistances, tileStarts } from "../attention/attention.simd";

/** Scratch: TILE byte offsets, TILE scores, TILE distances, then each head's slope. */
export function attentionScores(
  q: usize,
  keys: usize,
  visible: usize,
  spans: usize,
  scores: usize,
  queries: u32,
  heads: u32,
  kvHeads: u32,
  dHead: u32,
  qStride: u32,
  qOffset: u32,
  scale: f32,
  cap: f32,
  maxAlibiBias: f32,
  positionsAt: u32,
  stride: u32,
  scratch: usize,
): void {
  const starts = scratch;
  const tile = starts + <usize>TILE * 4;
  const distances = tile + <usize>TILE * 4;
  const slopes = distances + <usize>TILE * 4;
  storeSlopes(heads, maxAlibiBias, slopes);
  const slotBytes = kvHeads * dHead * 4;
  const headBytes = <usize>dHead * 4;
  for (let i: u32 = 0; i < queries; i++) {
    const span = spans + <usize>i * 16;
    const count = load<u32>(span, 4);
    const row = scores + <usize>i * heads * stride * 4;
    for (let first: u32 = 0; first <= count; first += TILE) {
      const inTile = min(TILE, count + 1 - first);
      const padded = (inTile + 3) & ~3;
      tileStarts(span, visible, first, padded, slotBytes, starts);
      if (maxAlibiBias > 0) tileDistances(span, visible, first, padded, positionsAt, distances);
      for (let h: u32 = 0; h < heads; h++) {
        const kvStart = <usize>((h * kvHeads) / heads) * headBytes;
        const query = q + (<usize>i * qStride + qOffset) * 4 + <usize>h * headBytes;
        const slope = load<f32>(slopes + <usize>h * 4);
        scoreTile(query, keys + kvStart, starts, padded, dHead, scale, cap, slope, distances, tile);
        memory.copy(row + (<usize>h * stride + first) * 4, tile, <usize>inTile * 4);
      }
    }
    for (let h: u32 = 0; h < heads; h++) fillLowest(row + <usize>h * stride * 4, count + 1, stride);
  }
}
