/** AssemblyScript: the SIMD twin of `adamUnitRows` (formula in its shader), row by row. */
import { adamMove } from "../adam/adam.simd";

export function adamUnitRows(
  g: usize, w: usize, m: usize, v: usize, rows: u32, cols: u32, rate: f32, beta1: f32, beta2: f32, eps: f32,
  decay: f32, correction1: f32, correction2: f32, gradientScale: f32,
): void {
  const rowBytes = (<usize>cols) << 2;
  for (let row: u32 = 0; row < rows; row++, g += rowBytes, w += rowBytes, m += rowBytes, v += rowBytes) {
    const along = dotOf(g, w, cols) * gradientScale;
    adamMove(g, w, m, v, cols, along, rate, beta1, beta2, eps, decay, correction1, correction2, gradientScale);
    const length = <f32>Math.sqrt(<f64>dotOf(w, w, cols));
    if (length > 0) scaleBy(w, cols, 1 / length);
  }
}

function dotOf(a: usize, b: usize, count: u32): f32 {
  let sums = f32x4.splat(0);
  let c: u32 = 0;
  for (; c + 4 <= count; c += 4, a += 16, b += 16) sums = f32x4.add(sums, f32x4.mul(v128.load(a), v128.load(b)));
  let sum =
    f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1) + f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3);
  for (; c < count; c++, a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
}

function scaleBy(w: usize, count: u32, factor: f32): void {
  let c: u32 = 0;
  for (; c + 4 <= count; c += 4, w += 16) v128.store(w, f32x4.mul(v128.load(w), f32x4.splat(factor)));
  for (; c < count; c++, w += 4) store<f32>(w, load<f32>(w) * factor);
}
