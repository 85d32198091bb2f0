/** How a chain's steps are valued and by what estimate: plain settings that a link carries. */
import {
  CHAIN_VALUES,
  GAME_ESTIMATORS,
  MAX_EXACT_STEPS,
  type ChainValue,
  type GameEstimator,
} from "../../protocol/chain";
import { choice } from "../choice";

/** Who plays: every step, or only those in which there is a number. The others are always present. */
export const PLAYERS = ["all", "numbers"] as const;

export const CHAIN_DEFAULTS = {
  value: "logProb",
  /** For the expected value: the numbers that the answer could be. */
  answers: "0..20",
  players: "all",
  estimator: "auto",
  budget: 1000,
  seed: 1,
  /** Of "resample". */
  ...{ samples: 4, temperature: 1 },
  /** What is shown below the steps. */
  part: "none",
  /** Whether sums of gradients by step stand beside the ways to attribute. */
  gradients: false,
  matrixRows: "players",
  matrixColumns: "tokens",
  /** Arcs of at least this share of the largest are drawn. */
  graphShare: 0.05,
  /** Of "write on". */
  ...{ writes: 8, writeTemperature: 1 },
};
export type ChainSettings = typeof CHAIN_DEFAULTS;

/** Limits of the numbers, wherever they come from. */
export const LIMITS = { budget: [2, 100_000], samples: [1, 32], seed: [0, 999_999] } as const;

const within = (value: number, [low, high]: readonly [number, number]) =>
  Math.max(low, Math.min(high, Math.round(value) || 0));

export const samplesOf = ({ samples }: Pick<ChainSettings, "samples">) => within(samples, LIMITS.samples);

export interface AskedGame {
  readonly value: ChainValue;
  readonly estimator: GameEstimator;
  readonly budget: number;
  readonly seed: number;
}

export const valueOf = ({ value }: Pick<ChainSettings, "value">) =>
  choice<ChainValue>(CHAIN_VALUES, value, "logProb");

/** The settings as a game of `n` players: exact where that is possible and nothing else was chosen. */
export function askedGame(settings: ChainSettings, n: number): AskedGame {
  const isSmall = n <= MAX_EXACT_STEPS;
  const wanted = choice<GameEstimator>(
    GAME_ESTIMATORS,
    settings.estimator,
    isSmall ? "exact" : "pairedRegression",
  );
  return {
    value: valueOf(settings),
    estimator: wanted === "exact" && !isSmall ? "pairedRegression" : wanted,
    budget: Math.max(within(settings.budget, LIMITS.budget), 2 * n + 2),
    seed: within(settings.seed, LIMITS.seed),
  };
}

/** "logProb" in words, and its unit. */
export const VALUE_WORDS: Readonly<Record<ChainValue, { readonly name: string; readonly unit: string }>> = {
  logProb: { name: "log p(answer)", unit: "nats" },
  probability: { name: "p(answer)", unit: "probability" },
  margin: { name: "logit margin of the answer's first token", unit: "logits" },
  argmax: { name: "1 if every answer token is the most probable", unit: "0/1" },
  expected: { name: "expected number over a set of answers", unit: "expected number" },
};

export const ESTIMATOR_WORDS: Readonly<Record<GameEstimator, string>> = {
  exact: "exact",
  pairedRegression: "paired regression",
  permutations: "sampled permutations",
};
