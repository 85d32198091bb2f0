/**
 * Exact values of a cooperative game from the values of its coalitions. A coalition of n players is a number below 2^n;
 * player i belongs to it if bit i is set. Values that are not known yet are NaN.
 */

export function presentPlayers(coalition: number, n: number): boolean[] {
  return Array.from({ length: n }, (_, i) => ((coalition >> i) & 1) === 1);
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/**
 * phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S)), as the mean over set sizes of the mean
 * marginal at that size: with values missing it is the estimate from those that are known.
 */
export function shapleyFromValues(values: Float64Array, n: number): number[] {
  const sizes = Uint8Array.from(values, (_, coalition) => bitCount(coalition));
  return Array.from({ length: n }, (_, i) => {
    const bit = 1 << i;
    const sums = new Float64Array(n);
    const counts = new Float64Array(n);
    for (let without = 0; without < values.length; without++) {
      if (without & bit) continue;
      const marginal = (values[without | bit] ?? NaN) - (values[without] ?? NaN);
      if (Number.isNaN(marginal)) continue;
      const size = sizes[without] ?? 0;
      sums[size] = (sums[size] ?? 0) + marginal;
      counts[size] = (counts[size] ?? 0) + 1;
    }
    const seen = [...counts.keys()].filter((size) => (counts[size] ?? 0) > 0);
    return seen.reduce((sum, size) => sum + (sums[size] ?? 0) / (counts[size] ?? 1), 0) / seen.length;
  });
}

/** v(all) - v(all but i). */
export function leaveOneOut(values: Float64Array, n: number): number[] {
  const all = values.length - 1;
  return Array.from({ length: n }, (_, i) => (values[all] ?? NaN) - (values[all ^ (1 << i)] ?? NaN));
}

/** v(only i) - v(none). */
export function leaveOneIn(values: Float64Array, n: number): number[] {
  return Array.from({ length: n }, (_, i) => (values[1 << i] ?? NaN) - (values[0] ?? NaN));
}
