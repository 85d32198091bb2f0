/**
 * Harsanyi dividends: what a coalition gives beyond all smaller ones in it, v(S) = sum of the dividends of its subsets
 * (Harsanyi 1963). The second way to Shapley values: every member of a coalition gets an equal share of its dividend.
 */

/** By coalition number; every value must be known. The Moebius transform, in place over one player after the other. */
export function harsanyiDividends(values: Float64Array, n: number): Float64Array {
  const dividends = values.slice();
  for (let i = 0; i < n; i++) {
    for (let coalition = 0; coalition < dividends.length; coalition++) {
      if ((coalition >> i) & 1)
        dividends[coalition] = (dividends[coalition] ?? NaN) - (dividends[coalition ^ (1 << i)] ?? NaN);
    }
  }
  return dividends;
}

/** phi_i = sum over S with i of the dividend of S / |S|. */
export function shapleyFromDividends(dividends: Float64Array, n: number): number[] {
  const phi = Array.from({ length: n }, () => 0);
  dividends.forEach((dividend, coalition) => {
    const members = Array.from({ length: n }, (_, i) => i).filter((i) => (coalition >> i) & 1);
    for (const i of members) phi[i] = (phi[i] ?? 0) + dividend / members.length;
  });
  return phi;
}
