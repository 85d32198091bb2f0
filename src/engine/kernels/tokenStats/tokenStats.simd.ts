/**
 * AssemblyScript: the SIMD twin of `tokenStats` (shapes in tokenStats.wgsl). Exponentials in f32, their sums in f64.
 * Neighbouring asks about one row share its sums.
 */
import { exp4 } from "../exp.simd";

let total: f64 = 0;
let weighted: f64 = 0;

function highestOf(logits: usize, cols: u32): f32 {
  let best = f32x4.splat(-Infinity);
  let c: u32 = 0;
  for (; c + 4 <= cols; c += 4, logits += 16) best = f32x4.max(best, v128.load(logits));
  for (; c < cols; c++, logits += 4) best = f32x4.max(best, v128.load32_splat(logits));
  return max(
    max(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1)),
    max(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3)),
  );
}

/** Sums of e and of e (x - max) into `total` and `weighted`. */
function sumRow(logits: usize, cols: u32, highest: f32): void {
  const top = f32x4.splat(highest);
  let sum = f64x2.splat(0),
    sumWeighted = f64x2.splat(0);
  let c: u32 = 0;
  for (; c + 4 <= cols; c += 4, logits += 16) {
    const below = f32x4.sub(v128.load(logits), top);
    const share = exp4(below);
    // What has no share has no part; it may lie at minus infinity.
    const part = v128.and(f32x4.mul(share, below), f32x4.gt(share, f32x4.splat(0)));
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(share));
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(i64x2.shuffle(share, share, 1, 1)));
    sumWeighted = f64x2.add(sumWeighted, f64x2.promote_low_f32x4(part));
    sumWeighted = f64x2.add(sumWeighted, f64x2.promote_low_f32x4(i64x2.shuffle(part, part, 1, 1)));
  }
  total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  weighted = f64x2.extract_lane(sumWeighted, 0) + f64x2.extract_lane(sumWeighted, 1);
  for (; c < cols; c++, logits += 4) {
    const below = load<f32>(logits) - highest;
    const share = f32x4.extract_lane(exp4(f32x4.splat(below)), 0);
    total += <f64>share;
    if (share > 0) weighted += <f64>(share * below);
  }
}

function countAbove(logits: usize, cols: u32, own: f32): u32 {
  const line = f32x4.splat(own);
  let counts = i32x4.splat(0);
  let c: u32 = 0;
  // A lane that compares true is -1.
  for (; c + 4 <= cols; c += 4, logits += 16) {
    counts = i32x4.sub(counts, f32x4.gt(v128.load(logits), line));
  }
  let count =
    i32x4.extract_lane(counts, 0) +
    i32x4.extract_lane(counts, 1) +
    i32x4.extract_lane(counts, 2) +
    i32x4.extract_lane(counts, 3);
  for (; c < cols; c++, logits += 4) if (load<f32>(logits) > own) count++;
  return count;
}

export function tokenStats(logits: usize, asks: usize, stats: usize, count: u32, cols: u32): void {
  let summedRow = u32.MAX_VALUE;
  let highest: f32 = 0;
  let logTotal: f64 = 0;
  for (let n: u32 = 0; n < count; n++) {
    const row = load<u32>(asks + <usize>n * 8);
    const target = load<u32>(asks + <usize>n * 8, 4);
    const start = logits + <usize>row * cols * 4;
    if (row != summedRow) {
      summedRow = row;
      highest = highestOf(start, cols);
      sumRow(start, cols, highest);
      logTotal = Math.log(total);
    }
    const own = load<f32>(start + <usize>target * 4);
    const at = stats + <usize>n * 12;
    store<f32>(at, <f32>(<f64>own - <f64>highest - logTotal));
    store<f32>(at, <f32>countAbove(start, cols, own), 4);
    store<f32>(at, <f32>(logTotal - weighted / total), 8);
  }
}
