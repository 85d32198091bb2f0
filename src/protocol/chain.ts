/**
 * Chains of thought as both sides speak of them: a prompt, steps that can be present or absent, and an answer
 * whose log-probability is the value of a set of present steps.
 */
import type { Edit } from "./interventions";
import type { TopTokens } from "./run";

/**
 * How an absent step is taken away. It is named in every number and every link:
 *   delete    its text is removed; later positions shift
 *   mask      its keys are hidden from every later token in all layers and heads; positions stay
 *   replace   each of its tokens becomes the filler token; length and positions stay
 *   mean      the embedding of each of its tokens becomes the mean embedding of the chain's tokens; positions stay
 *   resample  the model writes it again, after the original text before it; values are means over the samples
 *   symbol    every number that first appears in it becomes the symbol token, there and wherever it is repeated in
 *             the chain; the prompt stays
 */
export const ABLATION_MODES = ["delete", "mask", "replace", "mean", "resample", "symbol"] as const;
export type AblationMode = (typeof ABLATION_MODES)[number];

/**
 * What a set of present steps is worth; every kind is teacher-forced on the answer's tokens:
 *   logProb      sum over answer tokens of log p, nats
 *   probability  its exponential
 *   margin       of the first answer token: its logit minus the strongest other token's
 *   argmax       1 if every answer token is the most probable one, else 0
 *   expected     sum of p(a) x(a) over a set of answers a with numbers x(a), divided by the sum of p(a)
 */
export const CHAIN_VALUES = ["logProb", "probability", "margin", "argmax", "expected"] as const;
export type ChainValue = (typeof CHAIN_VALUES)[number];

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

/**
 * A place where two parts of a chain meet inside one token. The token counts to the part that its first character stands
 * in (white space aside), so the cut moved to its edge.
 */
export interface MovedCut {
  /** The part that begins there: 0 the prompt, then the steps, the words before the answer, the answer. */
  readonly part: number;
  /** What stands between the two places. */
  readonly text: string;
  /** The part that it counts to now: the one before the cut or the one behind it. */
  readonly to: "before" | "behind";
}

/**
 * The same chain as token ids: those of the whole text, cut where its parts meet. Joined they are what the model reads.
 * Only the prompt may begin with BOS.
 */
export interface ChainTokens {
  readonly prompt: readonly number[];
  readonly steps: readonly (readonly number[])[];
  readonly answerPrefix: readonly number[];
  readonly answer: readonly number[];
  /** Cuts that lay inside a token; absent: none. */
  readonly moved?: readonly MovedCut[];
}

/** How steps are taken away. */
export interface Ablation {
  readonly mode: AblationMode;
  /** The token that stands in an absent step's place ("replace") or a number's ("symbol"). */
  readonly fillerId: number;
  /** For "resample": what the model wrote instead, `alternatives[sample][step]` (see `resampleSteps`). */
  readonly alternatives?: readonly (readonly (readonly number[])[])[];
  /**
   * For "symbol": for each step's tokens the number that a token belongs to (equal numbers share one), or -1. One more
   * list, where there is one, is that of the answer prefix. A number belongs to the first step that has it.
   */
  readonly numbers?: readonly (readonly number[])[];
}

/**
 * Edits under which a chain is read. They name positions of its whole text (prompt, steps, cue, answer) and meet the same
 * tokens in every coalition, wherever these stand there; what stands in an absent step's place at the same positions is met
 * like it, what was written instead (resample) by ranges alone. Edits that are off do nothing.
 */
export interface UnderEdits {
  readonly edits?: readonly Edit[];
}

export interface CoalitionsRequest extends Ablation, UnderEdits {
  readonly chain: ChainTokens;
  /** One entry per coalition: which steps are present. */
  readonly coalitions: readonly (readonly boolean[])[];
  /** How many of the most probable first answer tokens to return for each. */
  readonly topK: number;
  /** What else a coalition is worth; log p is always told. */
  readonly value?: ChainValue;
  /** Whether log p of every token behind the prompt is wanted, too. */
  readonly tokenScores?: boolean;
  /** For "expected". */
  readonly answers?: readonly { readonly tokens: readonly number[]; readonly number: number }[];
}

export interface CoalitionResult {
  /** v(S) = sum over answer tokens of log p(token | everything before it), in nats; teacher-forced. */
  readonly logProb: number;
  /** The most probable first answer tokens. */
  readonly top: TopTokens;
  /** In the kind asked for. */
  readonly value?: number;
  /** log p, in nats, of each original token of the steps, the cue and the answer, in order. */
  readonly tokens?: Float64Array;
}

/** Asks what an exact game would cost. */
export interface ShapleyCostRequest extends Ablation, UnderEdits {
  readonly chain: ChainTokens;
  /** Steps that are players; absent: all. */
  readonly players?: readonly number[];
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

/** Asks the model to write each step of a chain again. A step ends with its own last token, or at twice its length. */
export interface ResampleStepsRequest {
  readonly chain: ChainTokens;
  readonly samples: number;
  readonly seed: number;
  readonly temperature: number;
  /** 1 = off. */
  readonly topP: number;
}

export const GAME_ESTIMATORS = ["exact", "pairedRegression", "permutations"] as const;
export type GameEstimator = (typeof GAME_ESTIMATORS)[number];

/** A game whose players are steps of a chain (or tokens of it: then every token is a step of its own). */
export interface ChainGameRequest extends Ablation, UnderEdits {
  readonly chain: ChainTokens;
  /** Steps that are players, in the order of the text; the others are always present. Absent: all. */
  readonly players?: readonly number[];
  readonly value: ChainValue;
  /** For "expected". */
  readonly answers?: readonly { readonly tokens: readonly number[]; readonly number: number }[];
  /** "exact" takes up to MAX_EXACT_STEPS players; estimators take any number. */
  readonly estimator: GameEstimator;
  /**
   * Most coalitions that an estimated game evaluates, each once. It begins with those that are shown as they are (all
   * players, none, all but each, each alone), so it is at least 2 n + 2.
   */
  readonly budget: number;
  readonly seed: number;
  /** Whether what players do to every later token of the chain is wanted, too: log p of that token. */
  readonly matrix: boolean;
}

/**
 * An estimate for each player, in the order of `players`. Bounds are those of a 95 % interval; equal to the value when
 * exact, NaN while an exact game is still running.
 */
export interface PlayerEstimates {
  readonly values: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/**
 * What players do to later tokens: phi of player i in the game whose value is log p of that token, nats; exactly 0 for
 * tokens up to the end of the player's own step. Targets are the original tokens, also of steps that are absent.
 */
export interface TokenMatrix {
  /** [player, token] row-major; tokens are those of all steps, the answer prefix and the answer, in order. */
  readonly phi: Float32Array;
  readonly tokens: number;
  /** Standard error of each cell; zeros when exact. */
  readonly standardError: Float32Array;
  /** Per token: sum over players of phi, minus (log p with all players - log p with none). */
  readonly residual: Float32Array;
}

export interface ChainGameResult {
  readonly mode: AblationMode;
  readonly value: ChainValue;
  readonly estimator: GameEstimator;
  readonly seed: number;
  /** Shapley values, in the value's unit. While running: the estimate so far (NaN where there is none yet). */
  readonly phi: PlayerEstimates;
  /** v(all) - v(all but i). */
  readonly leaveOneOut: readonly number[];
  /** v(only i) - v(none). */
  readonly leaveOneIn: readonly number[];
  /** Mean marginal over all sets without i, each set alike. Exact games only. */
  readonly banzhaf?: readonly number[];
  /** Pairwise Shapley interactions [player, player] row-major, NaN on the diagonal. Exact games only. */
  readonly interactions?: Float32Array;
  readonly vAll: number;
  readonly vNone: number;
  /** sum(phi) - (vAll - vNone). */
  readonly residual: number;
  readonly matrix?: TokenMatrix;
  readonly coalitionsDone: number;
  readonly coalitions: number;
  readonly evaluatedTokens: number;
  readonly segments: SegmentCounts;
  readonly elapsedMs: number;
}
