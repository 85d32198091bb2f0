/**
 * How far estimates of Shapley values are from the exact ones at the same number of coalitions: paired regression against
 * sampled permutations, on games of several kinds that are drawn by seed. `npm run headless -- --entry bench/estimators.ts`.
 */
import { shapleyFromValues, presentPlayers } from "../src/shapley/exact";
import type { Estimator } from "../src/shapley/estimator";
import { createPairedRegression } from "../src/shapley/pairedRegression";
import { createPermutations } from "../src/shapley/permutations";
import { gaussian } from "../src/random/distributions";
import { Draws } from "../src/random/draws";

export interface NamedGame {
  readonly kind: string;
  readonly n: number;
  /** By coalition number. */
  readonly values: Float64Array;
}

type Value = (present: readonly boolean[]) => number;

const normal = (draws: Draws) => gaussian(1 - draws.next(), draws.next());

/** Kinds of games, each a function of the coalition drawn by a seed. */
export const KINDS: Readonly<Record<string, (n: number, draws: Draws) => Value>> = {
  /** Main effects, and some interactions of two and three players. */
  sparse(n, draws) {
    const terms = [
      ...Array.from({ length: n }, (_, i) => ({ members: [i], weight: normal(draws) })),
      ...Array.from({ length: 2 * n }, () => ({
        members: draws.order(n).slice(0, draws.next() < 0.6 ? 2 : 3),
        weight: normal(draws),
      })),
    ];
    return (present) =>
      terms.reduce((sum, { members, weight }) => sum + (members.every((i) => present[i]) ? weight : 0), 0);
  },
  /** A vote: weights against a threshold, not quite sharp. */
  vote(n, draws) {
    const weights = Array.from({ length: n }, () => draws.next());
    const all = weights.reduce((a, b) => a + b, 0);
    return (present) => {
      const sum = weights.reduce((total, weight, i) => total + (present[i] ? weight : 0), 0);
      return 1 / (1 + Math.exp(-12 * (sum / all - 0.5)));
    };
  },
  /** log p of an answer that needs a few facts, some of which stand in two steps; other steps do a little. */
  chain(n, draws) {
    const order = draws.order(n);
    const facts = Array.from({ length: 3 }, (_, f) => (f === 0 ? order.slice(0, 2) : [order[f + 1] ?? 0]));
    const little = Array.from({ length: n }, () => 0.1 * normal(draws));
    return (present) => {
      const known = facts.every((steps) => steps.some((i) => present[i]));
      const rest = little.reduce((sum, weight, i) => sum + (present[i] ? weight : 0), 0);
      return (known ? Math.log(0.97) : Math.log(0.05)) + rest;
    };
  },
  /** A random network of one hidden layer. */
  network(n, draws) {
    const hidden = Array.from({ length: 2 * n }, () => ({
      weights: Array.from({ length: n }, () => normal(draws) / Math.sqrt(n)),
      bias: normal(draws),
      out: normal(draws),
    }));
    return (present) =>
      hidden.reduce((sum, { weights, bias, out }) => {
        const input = weights.reduce((total, weight, i) => total + (present[i] ? 2 * weight : 0), bias);
        return sum + out * Math.tanh(input);
      }, 0);
  },
};

export function drawGames(perKind: number, sizes: readonly number[], seed: number): NamedGame[] {
  return Object.entries(KINDS).flatMap(([kind, make], k) =>
    Array.from({ length: perKind }, (_, i) => {
      const n = sizes[i % sizes.length] ?? 12;
      const value = make(n, new Draws(seed + 1000 * k + i));
      return {
        ...{ kind, n },
        values: Float64Array.from({ length: 2 ** n }, (_, coalition) => value(presentPlayers(coalition, n))),
      };
    }),
  );
}

const numberOf = (present: readonly boolean[]) =>
  present.reduce((sum, has, i) => sum + (has ? 2 ** i : 0), 0);

/** Plays until `budget` different coalitions are known. */
export function play(estimator: Estimator, { values }: NamedGame, budget: number): Estimator {
  const known = new Set<number>();
  while (known.size < budget) {
    const asked = estimator.next(budget - known.size);
    if (asked.length === 0) break;
    const numbers = asked.map(numberOf);
    numbers.forEach((one) => known.add(one));
    estimator.add(numbers.map((one) => Float64Array.of(values[one] ?? NaN)));
  }
  return estimator;
}

export interface Score {
  readonly kind: string;
  /** Mean over players of the squared error. */
  readonly squared: number;
  /** Share of players whose exact value lies in the interval. */
  readonly covered: number;
}

export function score(game: NamedGame, estimator: Estimator): Score {
  const exact = shapleyFromValues(game.values, game.n);
  const { phi, low, high } = estimator.estimates();
  const squared = exact.reduce((sum, value, i) => sum + ((phi[i] ?? NaN) - value) ** 2, 0) / game.n;
  const inside = exact.filter(
    (value, i) => (low[i] ?? NaN) - 1e-9 <= value && value <= (high[i] ?? NaN) + 1e-9,
  );
  return { kind: game.kind, squared, covered: inside.length / game.n };
}

export const median = (values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

export interface Compared {
  readonly kind: string;
  readonly games: number;
  /** Median over games of the mean squared error. */
  readonly regression: number;
  readonly permutations: number;
  readonly ratio: number;
  /** Mean share of exact values in the 95 % intervals. */
  readonly covered: number;
  readonly coveredByPermutations: number;
}

/** Both estimators at 20 n coalitions; by kind, and all games together. */
export function compareEstimators(games: readonly NamedGame[], seed: number): Compared[] {
  const scores = games.map((game, i) => {
    const { n } = game;
    const ask = { n, width: 1, seed: seed + i };
    return {
      kind: game.kind,
      regression: score(game, play(createPairedRegression({ ...ask, resamples: 200 }), game, 20 * n)),
      permutations: score(game, play(createPermutations(ask), game, 20 * n)),
    };
  });
  const kinds = [...new Set(scores.map(({ kind }) => kind))];
  return [...kinds, "all"].map((kind) => {
    const own = scores.filter((one) => kind === "all" || one.kind === kind);
    const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
    const regression = median(own.map((one) => one.regression.squared));
    const permutations = median(own.map((one) => one.permutations.squared));
    return {
      ...{ kind, games: own.length, regression, permutations, ratio: permutations / regression },
      covered: mean(own.map((one) => one.regression.covered)),
      coveredByPermutations: mean(own.map((one) => one.permutations.covered)),
    };
  });
}

export function main(): Promise<void> {
  // Drawn from seeds that nothing was chosen on.
  const games = drawGames(50, [12, 13, 14], 31_415_926);
  for (const row of compareEstimators(games, 7)) {
    const { kind, games: count, regression, permutations, ratio, covered, coveredByPermutations } = row;
    console.log(
      `${kind.padEnd(8)} ${count} games  regression ${regression.toExponential(2)}  permutations ${permutations.toExponential(2)}  ratio ${ratio.toFixed(1)}  covered ${(100 * covered).toFixed(1)} % (${(100 * coveredByPermutations).toFixed(1)} %)`,
    );
  }
  return Promise.resolve();
}
