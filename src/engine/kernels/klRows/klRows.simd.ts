/**
 * AssemblyScript: the SIMD twin of `klRows` (formula and shapes in klRows.wgsl). Terms in f32, sums in f64.
 * Neighbouring pairs that share a row share its normaliser.
 */
import { exp4 } from "../exp.simd";

const LOWEST: f32 = -1e30;

// @ts-ignore: decorator
@inline
function bounded4(logits: usize): v128 {
  return f32x4.max(v128.load(logits), f32x4.splat(LOWEST));
}

// @ts-ignore: decorator
@inline
function bounded1(logits: usize): v128 {
  return f32x4.splat(max(load<f32>(logits), LOWEST));
}

// What log-softmax takes away from each row: its maximum, then the log of the sum of exponentials.
let highestP: f32 = 0;
let logTotalP: f32 = 0;
let highestQ: f32 = 0;
let logTotalQ: f32 = 0;

function highestOf(row: usize, cols: u32): f32 {
  const end = row + <usize>cols * 4;
  const vectorEnd = row + <usize>(cols & ~3) * 4;
  let best = f32x4.splat(LOWEST);
  for (; row < vectorEnd; row += 16) best = f32x4.max(best, bounded4(row));
  for (; row < end; row += 4) best = f32x4.max(best, bounded1(row));
  return max(
    max(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1)),
    max(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3)),
  );
}

function logTotalOf(row: usize, cols: u32, highest: f32): f32 {
  const end = row + <usize>cols * 4;
  const vectorEnd = row + <usize>(cols & ~3) * 4;
  let sum = f64x2.splat(0);
  for (; row < vectorEnd; row += 16) {
    const share = exp4(f32x4.sub(bounded4(row), f32x4.splat(highest)));
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(share));
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(i64x2.shuffle(share, share, 1, 1)));
  }
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  for (; row < end; row += 4) {
    total += <f64>f32x4.extract_lane(exp4(f32x4.sub(bounded1(row), f32x4.splat(highest))), 0);
  }
  return <f32>Math.log(total);
}

/** f(p, q) of four columns. */
// @ts-ignore: decorator
@inline
function terms4(x: v128, y: v128): v128 {
  const logP = f32x4.sub(f32x4.sub(x, f32x4.splat(highestP)), f32x4.splat(logTotalP));
  const logQ = f32x4.sub(f32x4.sub(y, f32x4.splat(highestQ)), f32x4.splat(logTotalQ));
  const p = exp4(logP);
  const q = exp4(logQ);
  const d = f32x4.sub(logP, logQ);
  let series = f32x4.splat(-1.0 / 5040.0);
  series = f32x4.add(f32x4.mul(series, d), f32x4.splat(1.0 / 720.0));
  series = f32x4.add(f32x4.mul(series, d), f32x4.splat(-1.0 / 120.0));
  series = f32x4.add(f32x4.mul(series, d), f32x4.splat(1.0 / 24.0));
  series = f32x4.add(f32x4.mul(series, d), f32x4.splat(-1.0 / 6.0));
  series = f32x4.add(f32x4.mul(series, d), f32x4.splat(0.5));
  series = f32x4.mul(p, f32x4.mul(f32x4.mul(d, d), series));
  const cost = f32x4.add(f32x4.sub(q, p), v128.and(f32x4.mul(p, d), f32x4.gt(p, f32x4.splat(0))));
  return v128.bitselect(series, cost, f32x4.lt(f32x4.abs(d), f32x4.splat(0.5)));
}

export function klRows(p: usize, q: usize, pairs: usize, kl: usize, count: u32, cols: u32): void {
  let pRow = u32.MAX_VALUE;
  let qRow = u32.MAX_VALUE;
  const bytes = <usize>cols * 4;
  const vectorBytes = <usize>(cols & ~3) * 4;
  for (let n: u32 = 0; n < count; n++) {
    const row = load<u32>(pairs + <usize>n * 8);
    const other = load<u32>(pairs + <usize>n * 8, 4);
    const x = p + row * bytes;
    const y = q + other * bytes;
    if (row != pRow) {
      highestP = highestOf(x, cols);
      logTotalP = logTotalOf(x, cols, highestP);
    }
    if (other != qRow) {
      highestQ = highestOf(y, cols);
      logTotalQ = logTotalOf(y, cols, highestQ);
    }
    pRow = row;
    qRow = other;
    let sum = f64x2.splat(0);
    let at: usize = 0;
    for (; at < vectorBytes; at += 16) {
      const terms = terms4(bounded4(x + at), bounded4(y + at));
      sum = f64x2.add(sum, f64x2.promote_low_f32x4(terms));
      sum = f64x2.add(sum, f64x2.promote_low_f32x4(i64x2.shuffle(terms, terms, 1, 1)));
    }
    let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
    for (; at < bytes; at += 4) {
      total += <f64>f32x4.extract_lane(terms4(bounded1(x + at), bounded1(y + at)), 0);
    }
    store<f32>(kl + <usize>n * 4, <f32>total);
  }
}
