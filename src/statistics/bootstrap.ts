/** The percentile interval of a mean by the bootstrap (Efron 1979): 95 %. */
import { murmurMix } from "../random/hash";

function uniform(seed: number, counter: number): number {
  const bits = Math.imul(seed + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(counter + 1, 0xc2b2ae35);
  return murmurMix(bits) / 2 ** 32;
}

export function bootstrapMean(
  values: readonly number[],
  seed: number,
  resamples: number,
): readonly [low: number, high: number] {
  const n = values.length;
  if (n === 0) return [NaN, NaN];
  const means = Float64Array.from({ length: resamples }, (_, r) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[Math.floor(uniform(seed, r * n + i) * n)] ?? 0;
    return sum / n;
  }).sort();
  const at = (q: number) =>
    means[Math.min(resamples - 1, Math.max(0, Math.round(q * (resamples - 1))))] ?? NaN;
  return [at(0.025), at(0.975)];
}
