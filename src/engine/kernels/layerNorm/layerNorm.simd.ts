/**
 * AssemblyScript: the SIMD twin of `layerNorm` (formula in layerNorm.wgsl). Mean and variance of each row are
 * summed in f64, two lanes at a time, in two passes: the second subtracts the mean first.
 */

// @ts-ignore: decorator
@inline
function sumOfLanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

export function meanOf(x: usize, cols: u32): f64 {
  let even = f64x2.splat(0), odd = f64x2.splat(0);
  let c: u32 = 0;
  for (; c + 4 <= cols; c += 4, x += 16) {
    even = f64x2.add(even, f64x2.promote_low_f32x4(v128.load64_zero(x)));
    odd = f64x2.add(odd, f64x2.promote_low_f32x4(v128.load64_zero(x, 8)));
  }
  let sum = sumOfLanes(f64x2.add(even, odd));
  for (; c < cols; c++, x += 4) sum += <f64>load<f32>(x);
  return sum / <f64>cols;
}

function varianceOf(x: usize, cols: u32, mean: f64): f64 {
  const center = f64x2.splat(mean);
  let even = f64x2.splat(0), odd = f64x2.splat(0);
  let c: u32 = 0;
  for (; c + 4 <= cols; c += 4, x += 16) {
    const low = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x)), center);
    const high = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x, 8)), center);
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
  }
  let sum = sumOfLanes(f64x2.add(even, odd));
  for (; c < cols; c++, x += 4) {
    const off = <f64>load<f32>(x) - mean;
    sum += off * off;
  }
  return sum / <f64>cols;
}

/** Two elements in f64: a large mean cancels without loss. */
// @ts-ignore: decorator
@inline
function normalPair(x: usize, mean: v128, factor: v128): v128 {
  return f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x)), mean), factor);
}

/** One row divided by its scale: the mean in f64, as `normApply` takes it. */
export function normaliseRow(
  x: usize, weight: usize, bias: usize, y: usize, cols: u32, mean: f64, scale: f32,
): void {
  const factor = 1 / <f64>scale;
  const means = f64x2.splat(mean);
  const factors = f64x2.splat(factor);
  let c: u32 = 0;
  for (; c + 4 <= cols; c += 4) {
    const at = <usize>c * 4;
    const low = f32x4.demote_f64x2_zero(normalPair(x + at, means, factors));
    const high = f32x4.demote_f64x2_zero(normalPair(x + at + 8, means, factors));
    const normal = i64x2.shuffle(low, high, 0, 2);
    v128.store(y + at, f32x4.add(f32x4.mul(normal, v128.load(weight + at)), v128.load(bias + at)));
  }
  for (; c < cols; c++) {
    const at = <usize>c * 4;
    const normal = <f32>((<f64>load<f32>(x + at) - mean) * factor);
    store<f32>(y + at, normal * load<f32>(weight + at) + load<f32>(bias + at));
  }
}

export function layerNorm(
  x: usize, weight: usize, bias: usize, y: usize, scale: usize, rows: u32, cols: u32, eps: f32,
): void {
  for (let r: u32 = 0; r < rows; r++) {
    const mean = meanOf(x, cols);
    const deviation = <f32>Math.sqrt(varianceOf(x, cols, mean) + <f64>eps);
    store<f32>(scale, deviation);
    normaliseRow(x, weight, bias, y, cols, mean, deviation);
    x += <usize>cols * 4;
    y += <usize>cols * 4;
    scale += 4;
  }
}
