/** What of the panel a link carries, and what can be chosen. */

/** Settings with their defaults. */
export const INSIDE_DEFAULTS = {
  /** Index of the step; -1: the one that the panel opens with. */
  step: -1,
  /** What the heads are asked about: "step", "prompt", "cue", or the index of a step. */
  to: "step",
  run: "with",
  /** SHA-256 of the autoencoder; empty: the last attached. */
  sae: "",
} as const;

/** The two runs, and what the step's absence does to the first. */
export const RUNS = ["with", "without", "change"] as const;
export type Run = (typeof RUNS)[number];

export const RUN_NAMES: Readonly<Record<Run, string>> = {
  with: "with the step",
  without: "without it",
  change: "without − with",
};
