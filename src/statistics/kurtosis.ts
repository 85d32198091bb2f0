/** How heavy the tails of a set of numbers are: the fourth standardised moment minus 3 (Fisher; 0 for a normal). */
export function kurtosis(values: readonly number[]): number {
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  let [second, fourth] = [0, 0];
  for (const x of values) {
    second += (x - mean) ** 2 / n;
    fourth += (x - mean) ** 4 / n;
  }
  return second > 0 ? fourth / second ** 2 - 3 : NaN;
}
