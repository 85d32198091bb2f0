/** AssemblyScript: the SIMD twin of `attentionPattern` (shapes in attentionPattern.wgsl). Weights are summed in f64. */
import { highestLane, storePattern } from "../attention/attention.simd";
import { exp4 } from "../exp.simd";

export function attentionPattern(
  scores: usize,
  spans: usize,
  pattern: usize,
  queries: u32,
  heads: u32,
  stride: u32,
): void {
  const bytes = <usize>stride * 4;
  for (let i: u32 = 0; i < queries; i++) {
    const count = load<u32>(spans + <usize>i * 16, 4);
    for (let h: u32 = 0; h < heads; h++) {
      const end = scores + <usize>(count + 1) * 4;
      const vectorEnd = scores + <usize>((count + 1) & ~3) * 4;
      let best = f32x4.splat(-Infinity);
      let at = scores;
      for (; at < vectorEnd; at += 16) best = f32x4.pmax(best, v128.load(at));
      for (; at < end; at += 4) best = f32x4.pmax(best, v128.load32_splat(at));
      const highest = highestLane(best);
      let sum = f64x2.splat(0);
      for (at = scores; at < vectorEnd; at += 16) {
        const weight = exp4(f32x4.sub(v128.load(at), f32x4.splat(highest)));
        sum = f64x2.add(sum, f64x2.promote_low_f32x4(weight));
        sum = f64x2.add(sum, f64x2.promote_low_f32x4(i64x2.shuffle(weight, weight, 1, 1)));
      }
      let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
      for (; at < end; at += 4) {
        total += <f64>f32x4.extract_lane(exp4(f32x4.splat(load<f32>(at) - highest)), 0);
      }
      storePattern(scores, pattern, count, stride, highest, <f32>total);
      scores += bytes;
      pattern += bytes;
    }
  }
}
