/** AssemblyScript: the SIMD twin of `normBackward` (formula in its shader): sums in f64, two lanes at a time. */
import { meanOf } from "../layerNorm/layerNorm.simd";

// @ts-ignore: decorator
@inline
function sumOfLanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

// @ts-ignore: decorator
@inline
function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1));
}

export function normBackward(
  dy: usize, x: usize, scale: usize, weight: usize, dx: usize, dScale: usize,
  rows: u32, own: u32, cols: u32, centred: u32, weightOffset: f32,
): void {
  const bytes = <usize>cols * 4;
  const offset = f32x4.splat(weightOffset);
  for (let row: u32 = 0; row < rows; row++, dy += bytes, dx += bytes) {
    const from = x + <usize>(row % own) * bytes;
    const divisor = <f64>load<f32>(scale + <usize>(row % own) * 4);
    const mean = centred ? meanOf(from, cols) : 0;
    const means = f64x2.splat(mean);
    let sums = f64x2.splat(0);
    let products = f64x2.splat(0);
    let c: u32 = 0;
    // The cotangents times the weights stand in dx until their mean is known.
    for (; c + 4 <= cols; c += 4) {
      const at = <usize>c * 4;
      const cotangent = f32x4.mul(v128.load(dy + at), f32x4.add(v128.load(weight + at), offset));
      v128.store(dx + at, cotangent);
      const value = v128.load(from + at);
      const first = f64x2.promote_low_f32x4(cotangent);
      const second = high(cotangent);
      sums = f64x2.add(sums, f64x2.add(first, second));
      products = f64x2.add(products, f64x2.mul(first, f64x2.sub(f64x2.promote_low_f32x4(value), means)));
      products = f64x2.add(products, f64x2.mul(second, f64x2.sub(high(value), means)));
    }
    let sum = sumOfLanes(sums);
    let along = sumOfLanes(products);
    for (; c < cols; c++) {
      const at = <usize>c * 4;
      const cotangent = load<f32>(dy + at) * (load<f32>(weight + at) + weightOffset);
      store<f32>(dx + at, cotangent);
      sum += <f64>cotangent;
      along += <f64>cotangent * (<f64>load<f32>(from + at) - mean);
    }
    store<f32>(dScale + <usize>row * 4, <f32>(-along / (divisor * divisor)));
    const factor = <f32>(1 / divisor);
    const meanCotangent = centred ? <f32>(sum / <f64>cols) : 0;
    for (c = 0; c + 4 <= cols; c += 4) {
      const at = dx + <usize>c * 4;
      v128.store(at, f32x4.mul(f32x4.sub(v128.load(at), f32x4.splat(meanCotangent)), f32x4.splat(factor)));
    }
    for (; c < cols; c++) {
      const at = dx + <usize>c * 4;
      store<f32>(at, (load<f32>(at) - meanCotangent) * factor);
    }
  }
}
