/**
 * Chains of thought as both sides speak of them: a prompt, steps that can be present or absent, and an answer
 * whose log-probability is the value of a set of present steps.
 */
import type { TopTokens } from "./run";

/**
 * How an absent step is taken away. It is named in every number and every link:
 *   delete   its text is removed; later positions shift
 *   mask     its keys are hidden from every later token in all layers and heads; positions stay
 *   replace  each of its tokens becomes the filler token; length and positions stay
 */
export const ABLATION_MODES = ["delete", "mask", "replace"] as const;
export type AblationMode = (typeof ABLATION_MODES)[number];

/** Exact Shapley values stop here: 2^12 coalitions. */
export const MAX_EXACT_STEPS = 12;

/** A chain as text. Concatenated in this order it is exactly what the model reads. */
export interface ChainText {
  /** Everything before the first step. */
  readonly prompt: string;
  readonly steps: readonly string[];
  /** Between the last step and the answer, e.g. " Answer :". */
  readonly answerPrefix: string;
  /** The reference answer, e.g. " 10". */
  readonly answer: string;
}

/** The same chain as token ids, each part tokenized on its own; only the prompt may begin with BOS. */
export interface ChainTokens {
  readonly prompt: readonly number[];
  readonly steps: readonly (readonly number[])[];
  readonly answerPrefix: readonly number[];
  readonly answer: readonly number[];
}

/** How steps are taken away; `fillerId` is used by "replace" only. */
export interface Ablation {
  readonly mode: AblationMode;
  readonly fillerId: number;
}

export interface CoalitionsRequest extends Ablation {
  readonly chain: ChainTokens;
  /** One entry per coalition: which steps are present. */
  readonly coalitions: readonly (readonly boolean[])[];
  /** How many of the most probable first answer tokens to return for each. */
  readonly topK: number;
}

export interface CoalitionResult {
  /** v(S) = sum over answer tokens of log p(token | everything before it), in nats; teacher-forced. */
  readonly logProb: number;
  /** The most probable first answer tokens. */
  readonly top: TopTokens;
}

export interface ShapleyRequest extends Ablation {
  readonly chain: ChainTokens;
}

/** What an exact computation costs, before it runs. */
export interface ShapleyCost {
  readonly coalitions: number;
  /** Tokens that go through the model: P + (2^n - 1) s + 2^n A for equal steps in delete and mask mode. */
  readonly tokens: number;
  /** From the speed of this model on this device, measured; undefined before anything ran. */
  readonly seconds?: number;
}

/** How often each part went through the model: the trie's own account, checked by tests. */
export interface SegmentCounts {
  readonly prompt: number;
  readonly steps: readonly number[];
  readonly answer: number;
}

export interface ShapleyResult extends Ablation {
  /** Shapley value of each step, in nats. While running: the estimate from the coalitions seen so far. */
  readonly phi: readonly number[];
  /** Leave-one-out: v(all) - v(all without the step), in nats; NaN until its coalition was seen. */
  readonly loo: readonly number[];
  readonly vAll: number;
  readonly vNone: number;
  /** sum(phi) - (v(all) - v(none)); rounding only, once finished. */
  readonly residual: number;
  readonly coalitionsDone: number;
  readonly coalitions: number;
  readonly evaluatedTokens: number;
  readonly segments: SegmentCounts;
  readonly elapsedMs: number;
}
