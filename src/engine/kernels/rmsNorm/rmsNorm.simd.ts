/** AssemblyScript: the SIMD twin of `rmsNorm` (formula in rmsNorm.wgsl). The squares are summed in f64. */

function meanSquareOf(x: usize, cols: u32): f64 {
  let even = f64x2.splat(0),
    odd = f64x2.splat(0);
  let c: u32 = 0;
  for (; c + 4 <= cols; c += 4, x += 16) {
    const low = f64x2.promote_low_f32x4(v128.load64_zero(x));
    const high = f64x2.promote_low_f32x4(v128.load64_zero(x, 8));
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
  }
  even = f64x2.add(even, odd);
  let sum = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1);
  for (; c < cols; c++, x += 4) {
    const value = <f64>load<f32>(x);
    sum += value * value;
  }
  return sum / <f64>cols;
}

/** One row divided by its scale, as `normApply` does it too. */
export function rescaleRow(
  x: usize,
  weight: usize,
  y: usize,
  cols: u32,
  scale: f32,
  weightOffset: f32,
): void {
  const factor: f32 = 1 / scale;
  let c: u32 = 0;
  for (; c + 4 <= cols; c += 4) {
    const at = <usize>c * 4;
    const gain = f32x4.add(v128.load(weight + at), f32x4.splat(weightOffset));
    v128.store(y + at, f32x4.mul(f32x4.mul(v128.load(x + at), f32x4.splat(factor)), gain));
  }
  for (; c < cols; c++) {
    const at = <usize>c * 4;
    store<f32>(y + at, load<f32>(x + at) * factor * (load<f32>(weight + at) + weightOffset));
  }
}

export function rmsNorm(
  x: usize,
  weight: usize,
  y: usize,
  scale: usize,
  rows: u32,
  cols: u32,
  eps: f32,
  weightOffset: f32,
): void {
  for (let r: u32 = 0; r < rows; r++) {
    const rootMeanSquare = <f32>Math.sqrt(meanSquareOf(x, cols) + <f64>eps);
    store<f32>(scale, rootMeanSquare);
    rescaleRow(x, weight, y, cols, rootMeanSquare, weightOffset);
    x += <usize>cols * 4;
    y += <usize>cols * 4;
    scale += 4;
  }
}
