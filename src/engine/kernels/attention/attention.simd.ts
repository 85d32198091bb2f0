/**
 * AssemblyScript: the SIMD twin of `attention` and of `attentionTapped` (shapes in their shaders): one loop, which
 * stores scores and pattern where it is given a place for them, so that both give the same z.
 *
 * For every query, its keys in tiles of TILE: scores four keys at a time, then for each head the tile's
 * softmax weights, then the weighted values with 16 dims of z in registers. Highest score and sum of weights
 * of each head are kept from tile to tile and rescaled when the maximum rises (online softmax: Milakov &
 * Gimelshein 2018, arXiv 1805.02867), so the working memory does not depend on the number of keys.
 */
import { exp4 } from "../exp.simd";
import { softcap4 } from "../unary/softcap.simd";

export const TILE: u32 = 256;
const NONE: f32 = -Infinity;
/** Stands in the scores where there is no key. */
const LOWEST: f32 = -3.4028235e38;

/** Byte offsets of the slots of keys `first` … of a query, `padded` of them; past the last stands its own slot. */
export function tileStarts(span: usize, visible: usize, first: u32, padded: u32, slotBytes: u32, starts: usize): void {
  const list = visible + <usize>load<u32>(span) * 4;
  const count = load<u32>(span, 4);
  const selfSlot = load<u32>(span, 8);
  for (let j: u32 = 0; j < padded; j++) {
    const slot = first + j < count ? load<u32>(list + <usize>(first + j) * 4) : selfSlot;
    store<u32>(starts + <usize>j * 4, slot * slotBytes);
  }
}

/** How far the keys of `tileStarts` lie behind the query, as numbers that are 0 or negative; its own is 0. */
export function tileDistances(
  span: usize, visible: usize, first: u32, padded: u32, positionsAt: u32, distances: usize,
): void {
  const list = visible + (<usize>load<u32>(span) + positionsAt) * 4;
  const count = load<u32>(span, 4);
  const position = load<u32>(span, 12);
  for (let j: u32 = 0; j < padded; j++) {
    const key = first + j < count ? load<u32>(list + <usize>(first + j) * 4) : position;
    store<f32>(distances + <usize>j * 4, <f32>key - <f32>position);
  }
}

const LN2: f32 = 0.69314718;

/** ALiBi's slope of every head (the formula: alibiSlope.ts); 0 without ALiBi. */
export function storeSlopes(heads: u32, maxAlibiBias: f32, slopes: usize): void {
  const n = <u32>1 << (31 - clz(heads));
  for (let h: u32 = 0; h < heads; h++) {
    const numerator = h < n ? h + 1 : 2 * (h - n) + 1;
    const denominator = h < n ? n : 2 * n;
    const exponent = -LN2 * maxAlibiBias * <f32>numerator / <f32>denominator;
    const slope = maxAlibiBias > 0 ? f32x4.extract_lane(exp4(f32x4.splat(exponent)), 0) : 0;
    store<f32>(slopes + <usize>h * 4, slope);
  }
}

/** Scaled scores of the query against the four keys at `starts` (byte offsets from `keys`). */
// @ts-ignore: decorator
@inline
function scoreFour(q: usize, keys: usize, starts: usize, dHead: u32, scale: f32): v128 {
  let k0 = keys + load<u32>(starts);
  let k1 = keys + load<u32>(starts, 4);
  let k2 = keys + load<u32>(starts, 8);
  let k3 = keys + load<u32>(starts, 12);
  let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
  const vectorEnd = q + <usize>(dHead & ~3) * 4;
  const end = q + <usize>dHead * 4;
  for (; q < vectorEnd; q += 16) {
    const part = v128.load(q);
    a = f32x4.add(a, f32x4.mul(part, v128.load(k0)));
    b = f32x4.add(b, f32x4.mul(part, v128.load(k1)));
    c = f32x4.add(c, f32x4.mul(part, v128.load(k2)));
    d = f32x4.add(d, f32x4.mul(part, v128.load(k3)));
    k0 += 16;
    k1 += 16;
    k2 += 16;
    k3 += 16;
  }
  // Lane j of the sum collects all lanes of key j.
  const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  const ab = f32x4.add(abLow, abHigh);
  const cd = f32x4.add(cdLow, cdHigh);
  let sum = f32x4.add(i64x2.shuffle(ab, cd, 0, 2), i64x2.shuffle(ab, cd, 1, 3));
  for (; q < end; q += 4) {
    let column = v128.load32_zero(k0);
    column = f32x4.replace_lane(column, 1, load<f32>(k1));
    column = f32x4.replace_lane(column, 2, load<f32>(k2));
    column = f32x4.replace_lane(column, 3, load<f32>(k3));
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(q), column));
    k0 += 4;
    k1 += 4;
    k2 += 4;
    k3 += 4;
  }
  return f32x4.mul(sum, f32x4.splat(scale));
}

/**
 * Scores of the query against `padded` keys, capped where cap > 0, plus slope times the key's distance where slope > 0;
 * returns the highest.
 */
export function scoreTile(
  query: usize, keys: usize, starts: usize, padded: u32, dHead: u32, scale: f32, cap: f32, slope: f32,
  distances: usize, scores: usize,
): f32 {
  let best = f32x4.splat(NONE);
  for (let at: usize = 0; at < <usize>padded * 4; at += 16) {
    let four = scoreFour(query, keys, starts + at, dHead, scale);
    if (cap > 0) four = softcap4(four, cap);
    if (slope > 0) four = f32x4.add(four, f32x4.mul(f32x4.splat(slope), v128.load(distances + at)));
    v128.store(scores + at, four);
    best = f32x4.pmax(best, four);
  }
  return highestLane(best);
}

// @ts-ignore: decorator
@inline
export function highestLane(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/** z = z * keep + sum_j weights[j] * values[starts[j]], over `count` keys. */
export function mix(z: usize, values: usize, weights: usize, starts: usize, count: u32, dHead: u32, keep: f32): void {
  const weightsEnd = weights + <usize>count * 4;
  const kept = f32x4.splat(keep);
  let d: u32 = 0;
  for (; d + 16 <= dHead; d += 16) {
    let a = f32x4.mul(kept, v128.load(z));
    let b = f32x4.mul(kept, v128.load(z, 16));
    let c = f32x4.mul(kept, v128.load(z, 32));
    let e = f32x4.mul(kept, v128.load(z, 48));
    for (let at = weights, start = starts; at < weightsEnd; at += 4, start += 4) {
      const weight = v128.load32_splat(at);
      const value = values + load<u32>(start);
      a = f32x4.add(a, f32x4.mul(weight, v128.load(value)));
      b = f32x4.add(b, f32x4.mul(weight, v128.load(value, 16)));
      c = f32x4.add(c, f32x4.mul(weight, v128.load(value, 32)));
      e = f32x4.add(e, f32x4.mul(weight, v128.load(value, 48)));
    }
    v128.store(z, a);
    v128.store(z, b, 16);
    v128.store(z, c, 32);
    v128.store(z, e, 48);
    z += 64;
    values += 64;
  }
  for (; d + 4 <= dHead; d += 4) {
    let a = f32x4.mul(kept, v128.load(z));
    for (let at = weights, start = starts; at < weightsEnd; at += 4, start += 4) {
      a = f32x4.add(a, f32x4.mul(v128.load32_splat(at), v128.load(values + load<u32>(start))));
    }
    v128.store(z, a);
    z += 16;
    values += 16;
  }
  for (; d < dHead; d++) {
    let a = keep * load<f32>(z);
    for (let at = weights, start = starts; at < weightsEnd; at += 4, start += 4) {
      a += load<f32>(at) * load<f32>(values + load<u32>(start));
    }
    store<f32>(z, a);
    z += 4;
    values += 4;
  }
}

/** A row of the pattern from its scores: `count` + 1 keys, then nothing up to `stride`. */
export function storePattern(scores: usize, pattern: usize, count: u32, stride: u32, highest: f32, total: f32): void {
  let j: u32 = 0;
  for (; j + 4 <= count + 1; j += 4, scores += 16, pattern += 16) {
    const weight = exp4(f32x4.sub(v128.load(scores), f32x4.splat(highest)));
    v128.store(pattern, f32x4.div(weight, f32x4.splat(total)));
  }
  for (; j <= count; j++, scores += 4, pattern += 4) {
    const weight = exp4(f32x4.splat(load<f32>(scores) - highest));
    store<f32>(pattern, f32x4.extract_lane(weight, 0) / total);
  }
  memory.fill(pattern, 0, <usize>(stride - j) * 4);
}

/** Scores after the last key. */
export function fillLowest(scores: usize, from: u32, stride: u32): void {
  const end = scores + <usize>stride * 4;
  scores += <usize>from * 4;
  for (; scores + 16 <= end; scores += 16) v128.store(scores, f32x4.splat(LOWEST));
  for (; scores < end; scores += 4) store<f32>(scores, LOWEST);
}

/**
 * `scores` and `pattern` are 0 where nobody wants them. Scratch: TILE byte offsets, TILE weights, TILE distances, then
 * (highest, total) of each head, then each head's slope: 3072 + 12 * heads bytes.
 */
export function attend(
  q: usize, keys: usize, values: usize, visible: usize, spans: usize, z: usize, scores: usize, pattern: usize,
  queries: u32, heads: u32, kvHeads: u32, dHead: u32, qStride: u32, qOffset: u32, scale: f32, cap: f32,
  maxAlibiBias: f32, positionsAt: u32, stride: u32, scratch: usize,
): void {
  const starts = scratch;
  const weights = starts + <usize>TILE * 4;
  const distances = weights + <usize>TILE * 4;
  const states = distances + <usize>TILE * 4;
  const slopes = states + <usize>heads * 8;
  storeSlopes(heads, maxAlibiBias, slopes);
  const slotBytes = kvHeads * dHead * 4;
  const headBytes = <usize>dHead * 4;
  for (let i: u32 = 0; i < queries; i++) {
    const span = spans + <usize>i * 16;
    const count = load<u32>(span, 4);
    const zAt = z + <usize>i * heads * headBytes;
    memory.fill(zAt, 0, <usize>heads * headBytes);
    for (let h: u32 = 0; h < heads; h++) {
      store<f32>(states + <usize>h * 8, NONE);
      store<f32>(states + <usize>h * 8, 0, 4);
    }
    for (let first: u32 = 0; first <= count; first += TILE) {
      const inTile = min(TILE, count + 1 - first);
      const padded = (inTile + 3) & ~3;
      tileStarts(span, visible, first, padded, slotBytes, starts);
      if (maxAlibiBias > 0) tileDistances(span, visible, first, padded, positionsAt, distances);
      for (let h: u32 = 0; h < heads; h++) {
        const state = states + <usize>h * 8;
        const kvStart = <usize>(h * kvHeads / heads) * headBytes;
        const query = q + (<usize>i * qStride + qOffset) * 4 + <usize>h * headBytes;
        const slope = load<f32>(slopes + <usize>h * 4);
        const best = scoreTile(
          query, keys + kvStart, starts, padded, dHead, scale, cap, slope, distances, weights,
        );
        if (scores != 0) {
          memory.copy(scores + (<usize>(i * heads + h) * stride + first) * 4, weights, <usize>inTile * 4);
        }
        // Padding repeats the query's own key: it cannot raise the maximum, and is taken out of the sum here.
        for (let j = inTile; j < padded; j++) store<f32>(weights + <usize>j * 4, NONE);
        const before = load<f32>(state);
        const highest = max(before, best);
        let sum = f32x4.splat(0);
        for (let j: u32 = 0; j < padded; j += 4) {
          const at = weights + <usize>j * 4;
          const weight = exp4(f32x4.sub(v128.load(at), f32x4.splat(highest)));
          v128.store(at, weight);
          sum = f32x4.add(sum, weight);
        }
        const keep: f32 = first == 0 ? 0 : f32x4.extract_lane(exp4(f32x4.splat(before - highest)), 0);
        const total = load<f32>(state, 4) * keep
          + f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1)
          + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
        store<f32>(state, highest);
        store<f32>(state, total, 4);
        mix(zAt + <usize>h * headBytes, values + kvStart, weights, starts, inTile, dHead, keep);
      }
    }
    for (let h: u32 = 0; h < heads; h++) {
      const total = load<f32>(states + <usize>h * 8, 4);
      for (let d: u32 = 0; d < dHead; d++) {
        const at = zAt + <usize>h * headBytes + <usize>d * 4;
        store<f32>(at, load<f32>(at) / total);
      }
      if (scores != 0) {
        const row = <usize>(i * heads + h) * stride * 4;
        fillLowest(scores + row, count + 1, stride);
        storePattern(scores + row, pattern + row, count, stride, load<f32>(states + <usize>h * 8), total);
      }
    }
  }
}

export function attention(
  q: usize, keys: usize, values: usize, visible: usize, spans: usize, z: usize,
  queries: u32, heads: u32, kvHeads: u32, dHead: u32, qStride: u32, qOffset: u32, scale: f32, cap: f32,
  maxAlibiBias: f32, positionsAt: u32, scratch: usize,
): void {
  attend(
    q, keys, values, visible, spans, z, 0, 0, queries, heads, kvHeads, dHead, qStride, qOffset, scale, cap,
    maxAlibiBias, positionsAt, 0, scratch,
  );
}
