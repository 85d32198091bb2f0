/** Standard error of a mean: how far it would move if as many values were drawn again. NaN with fewer than two. */
export function meanError(values: readonly number[]): number {
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return n > 1 ? Math.sqrt(squares / (n - 1) / n) : NaN;
}
