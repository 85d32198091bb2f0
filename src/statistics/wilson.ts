/** The interval of a share that Wilson (1927) gives: inside 0 … 1, and never empty at 0 or 1. */

/** 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054;

export function wilsonInterval(successes: number, n: number): readonly [low: number, high: number] {
  if (n === 0) return [NaN, NaN];
  const p = successes / n;
  const z2 = (Z * Z) / n;
  const middle = (p + z2 / 2) / (1 + z2);
  const half = (Z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n))) / (1 + z2);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
