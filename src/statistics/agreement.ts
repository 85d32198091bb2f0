/** How far estimates are from exact values. */
import { spearman } from "./rankCorrelation";

/** Pearson's r: NaN where one side does not vary. */
export function pearson(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middleA, middleB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    const [x, y] = [value - middleA, (b[i] ?? NaN) - middleB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  });
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : NaN;
}

/**
 * Of the pairs in which both are numbers: how many, correlations, mean |estimate − exact|, and the root of the squared
 * errors' sum over that of the exact values' squares.
 */
export function agreement(estimates: readonly number[], exact: readonly number[]) {
  const kept = estimates.flatMap((estimate, i) => {
    const truth = exact[i] ?? NaN;
    return Number.isFinite(estimate) && Number.isFinite(truth) ? [[estimate, truth] as const] : [];
  });
  const [a, b] = [kept.map(([estimate]) => estimate), kept.map(([, truth]) => truth)];
  const errors = kept.map(([estimate, truth]) => estimate - truth);
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const squares = (values: readonly number[]) => total(values.map((value) => value * value));
  return {
    n: kept.length,
    pearson: pearson(a, b),
    spearman: spearman(a, b).rho,
    meanError: total(errors.map(Math.abs)) / kept.length,
    relativeError: Math.sqrt(squares(errors) / squares(b)),
  };
}
