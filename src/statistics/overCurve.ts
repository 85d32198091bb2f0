/** The area over a curve of shares at equally spaced fractions 0 … 1, by the trapezoid rule. */
export function areaOverCurve(fractions: readonly number[]): number {
  const n = fractions.length - 1;
  if (n < 1) return NaN;
  let under = 0;
  for (let i = 0; i < n; i++) under += ((fractions[i] ?? NaN) + (fractions[i + 1] ?? NaN)) / 2;
  return 1 - under / n;
}
