/** How well a direction tells positive from negative prompts that it was not made of. */
import { ranks } from "../../../statistics/rankCorrelation";
import { wilsonInterval } from "../../../statistics/wilson";
import type { DirectionMethod, NullSeparation, Separation } from "../../../protocol/steering";
import { dot } from "./principal";

/** Positive and negative activation of one pair. */
export interface PairActivations {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

export type Separated = Readonly<Record<DirectionMethod, Separation>>;

/** P(a > b) + P(a = b) / 2 over all of both lists, by ranks (Mann and Whitney 1947). NaN if one is empty. */
export function auc(above: readonly number[], below: readonly number[]): number {
  const [n, m] = [above.length, below.length];
  const sum = ranks([...above, ...below])
    .slice(0, n)
    .reduce((total, rank) => total + rank, 0);
  // The ranks that the first list has within itself count for nothing.
  return (sum - (n * (n + 1)) / 2) / (n * m);
}

export function separation(direction: ArrayLike<number>, pairs: readonly PairActivations[]): Separation {
  const above = pairs.map(({ positive }) => dot(positive, direction));
  const below = pairs.map(({ negative }) => dot(negative, direction));
  const right = above.reduce((sum, value, i) => {
    const other = below[i] ?? NaN;
    return sum + (value > other ? 1 : value === other ? 0.5 : 0);
  }, 0);
  const n = pairs.length;
  return { accuracy: right / n, interval: wilsonInterval(right, n), auc: auc(above, below), n };
}

export function nullSeparation(draws: readonly Separation[]): NullSeparation {
  const mean = (read: (one: Separation) => number) =>
    draws.reduce((sum, one) => sum + read(one), 0) / draws.length;
  return {
    accuracy: mean(({ accuracy }) => accuracy),
    auc: mean((one) => one.auc),
    highestAccuracy: draws.length > 0 ? Math.max(...draws.map(({ accuracy }) => accuracy)) : NaN,
    draws: draws.length,
  };
}
