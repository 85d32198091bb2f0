/** AssemblyScript: the SIMD twin of `adam` (formula in its shader), and the step that it shares with `adamUnitRows`. */

/** Moves `count` weights, four at a time, by their gradient times `gradientScale` less `along` times themselves. */
export function adamMove(
  g: usize, w: usize, m: usize, v: usize, count: u32, along: f32, rate: f32, beta1: f32, beta2: f32, eps: f32,
  decay: f32, correction1: f32, correction2: f32, gradientScale: f32,
): void {
  const keep1 = f32x4.splat(beta1);
  const take1 = f32x4.splat(1 - beta1);
  const keep2 = f32x4.splat(beta2);
  const take2 = f32x4.splat(1 - beta2);
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4, g += 16, w += 16, m += 16, v += 16) {
    const weight = v128.load(w);
    const scaled = f32x4.mul(v128.load(g), f32x4.splat(gradientScale));
    const gradient = f32x4.sub(scaled, f32x4.mul(f32x4.splat(along), weight));
    const mean = f32x4.add(f32x4.mul(keep1, v128.load(m)), f32x4.mul(take1, gradient));
    const square = f32x4.add(f32x4.mul(keep2, v128.load(v)), f32x4.mul(f32x4.mul(take2, gradient), gradient));
    v128.store(m, mean);
    v128.store(v, square);
    const root = f32x4.sqrt(f32x4.div(square, f32x4.splat(correction2)));
    const direction = f32x4.div(f32x4.div(mean, f32x4.splat(correction1)), f32x4.add(root, f32x4.splat(eps)));
    const moved = f32x4.mul(f32x4.splat(rate), f32x4.add(f32x4.mul(f32x4.splat(decay), weight), direction));
    v128.store(w, f32x4.sub(weight, moved));
  }
  for (; i < count; i++, g += 4, w += 4, m += 4, v += 4) {
    const weight = load<f32>(w);
    const gradient = load<f32>(g) * gradientScale - along * weight;
    const mean = beta1 * load<f32>(m) + (1 - beta1) * gradient;
    const square = beta2 * load<f32>(v) + (1 - beta2) * gradient * gradient;
    store<f32>(m, mean);
    store<f32>(v, square);
    const root = <f32>Math.sqrt(<f64>(square / correction2));
    store<f32>(w, weight - rate * (decay * weight + mean / correction1 / (root + eps)));
  }
}

export function adam(
  g: usize, w: usize, m: usize, v: usize, count: u32, rate: f32, beta1: f32, beta2: f32, eps: f32, decay: f32,
  correction1: f32, correction2: f32, gradientScale: f32,
): void {
  adamMove(g, w, m, v, count, 0, rate, beta1, beta2, eps, decay, correction1, correction2, gradientScale);
}
