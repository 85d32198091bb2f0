/**
 * AssemblyScript: the SIMD twin of `scoreTargets` (shapes in scoreTargets.wgsl): logits[row, target] minus the
 * row's log-sum-exp. Exponentials in f32, their sum in f64. Neighbouring asks about one row share its sum.
 */
import { exp4 } from "../exp.simd";

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

function sumOfExp(logits: usize, cols: u32, highest: f32): f64 {
  const top = f32x4.splat(highest);
  let even = f64x2.splat(0),
    odd = f64x2.splat(0);
  let c: u32 = 0;
  for (; c + 4 <= cols; c += 4, logits += 16) {
    const part = exp4(f32x4.sub(v128.load(logits), top));
    even = f64x2.add(even, f64x2.promote_low_f32x4(part));
    odd = f64x2.add(odd, f64x2.promote_low_f32x4(i64x2.shuffle(part, part, 1, 1)));
  }
  even = f64x2.add(even, odd);
  let sum = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1);
  for (; c < cols; c++, logits += 4) {
    sum += <f64>f32x4.extract_lane(exp4(f32x4.splat(load<f32>(logits) - highest)), 0);
  }
  return sum;
}

export function scoreTargets(logits: usize, asks: usize, scores: usize, count: u32, cols: u32): void {
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
      logTotal = Math.log(sumOfExp(start, cols, highest));
    }
    const logit = <f64>load<f32>(start + <usize>target * 4);
    store<f32>(scores + <usize>n * 4, <f32>(logit - <f64>highest - logTotal));
  }
}
