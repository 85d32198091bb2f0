/**
 * Importances of steps from rollouts (Bogdan et al. 2025): differences of shares of right answers between rollouts
 * that keep a step and rollouts that begin in its place, with Newcombe's interval (1998, method 10: from two of Wilson's).
 */
import { bernoulliKl, type Share, type Smoothing } from "./bernoulli";
import { wilsonInterval } from "./wilson";

export interface Difference {
  /** Share of `kept` minus share of `removed`. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly kept: Share;
  readonly removed: Share;
}

export function shareDifference(kept: Share, removed: Share): Difference {
  const [p, q] = [kept.successes / kept.n, removed.successes / removed.n];
  const [pLow, pHigh] = wilsonInterval(kept.successes, kept.n);
  const [qLow, qHigh] = wilsonInterval(removed.successes, removed.n);
  const value = p - q;
  return {
    ...{ value, kept, removed },
    low: value - Math.hypot(p - pLow, qHigh - q),
    high: value + Math.hypot(pHigh - p, q - qLow),
  };
}

export const shareOf = (flags: readonly boolean[]): Share => ({
  successes: flags.filter(Boolean).length,
  n: flags.length,
});

/** Importance of each step: `shares[i]` is that of rollouts that begin in place of step i, the last after all steps. */
export function resamplingImportances(shares: readonly Share[]): Difference[] {
  return shares.slice(1).map((kept, i) => shareDifference(kept, shares[i] ?? { successes: 0, n: 0 }));
}

export const importanceKl = ({ kept, removed }: Difference, smoothing: Smoothing): number =>
  bernoulliKl(kept, removed, smoothing);

/** Overlap of two bags of tokens, 2 |a ∩ b| / (|a| + |b|), repeats counted: Dice's coefficient. */
export function dice(a: readonly number[], b: readonly number[]): number {
  const left = new Map<number, number>();
  for (const token of a) left.set(token, (left.get(token) ?? 0) + 1);
  let both = 0;
  for (const token of b) {
    const count = left.get(token) ?? 0;
    if (count > 0) both++;
    left.set(token, count - 1);
  }
  return a.length + b.length === 0 ? 1 : (2 * both) / (a.length + b.length);
}
