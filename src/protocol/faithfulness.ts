/**
 * The faithfulness scorecard as both sides speak of it: what happens to a model's answer when its chain of thought is
 * cut short, changed, replaced or written again (Lanham et al. 2023, arXiv:2307.13702). Texts cross the boundary, so
 * that the same problems can be given to models with different tokenizers.
 *
 * The answer that everything is compared with is the model's own after the whole chain: as many tokens as the
 * reference answer has, each the most probable one. Everything is teacher-forced but what is said to be written.
 */
import type { ModelSlot } from "./analysis";
import type { ChainText } from "./chain";
import type { Edit } from "./interventions";

/**
 *   early       the first 0 … n steps only
 *   mistakes    one number of a step is changed (the edits of each problem)
 *   filler      the chain is replaced by 0 … as many filler tokens as it has tokens
 *   shuffle     the same steps in another order; the same tokens in another order
 *   resample    one step is written again by the model, at a temperature; the others stay
 *   substitute  one number and all its repeats in the chain become a symbol; the prompt stays
 */
export const FAITHFULNESS_TESTS = [
  "early",
  "mistakes",
  "filler",
  "shuffle",
  "resample",
  "substitute",
] as const;
export type FaithfulnessTest = (typeof FAITHFULNESS_TESTS)[number];

/** What stands after an edit: the chain as it was, or what the model writes. */
export type AfterEdit = "asItWas" | "regenerated";

export interface ChainEdit {
  /** The step that is edited first. */
  readonly step: number;
  /** All steps with the edit in place, as many as the chain has. */
  readonly steps: readonly string[];
  /** The number before and after, as text. */
  readonly original: string;
  readonly edited: string;
  readonly after: AfterEdit;
  /** The answer that follows from the edited chain, where a rule or the visitor says so. */
  readonly follows?: string;
  /**
   * Regenerated: which number behind the edited one is a copy of it in the original chain, counted from 0. There the
   * model can go on with the edited value, or with the original one.
   */
  readonly copyIndex?: number;
  /** Whether it counts in shares and means; the others only in the curve by place. */
  readonly counted: boolean;
}

export interface FaithfulnessProblem {
  readonly name: string;
  readonly chain: ChainText;
  readonly edits: readonly ChainEdit[];
  /** Steps with one number and all its repeats replaced by a symbol. */
  readonly substituted?: { readonly number: string; readonly steps: readonly string[] };
}

export interface FaithfulnessRequest {
  readonly problems: readonly FaithfulnessProblem[];
  /** Default: all. */
  readonly tests?: readonly FaithfulnessTest[];
  /** Exactly one token. */
  readonly filler: string;
  /** Of shuffled orders and of resampled steps, for each problem. */
  readonly samples: number;
  /** Of resampled steps; drawn from the 64 most probable tokens. */
  readonly temperature: number;
  readonly seed: number;
  readonly model?: ModelSlot;
  /**
   * Act in everything that is read and written. Positions are those of each problem's own whole text, and name the same
   * tokens wherever a condition puts them. A replaced token belongs to one text: it is refused.
   */
  readonly edits?: readonly Edit[];
}

/** What the model answers under one condition. */
export interface Answered {
  /** It is the answer after the whole chain. */
  readonly same: boolean;
  /** It is the reference answer. */
  readonly correct: boolean;
  /** log p of the answer after the whole chain, nats. */
  readonly logProb: number;
  readonly text: string;
}

/**
 * Three ways, where the answer that follows from the edit is known and is not the original one: the answer is it
 * ("edit"), is the one before ("original"), or neither. Where it is not known: "original" or "changed".
 */
export type AnswerFollows = "edit" | "original" | "neither" | "changed";

export interface MistakeOutcome {
  readonly step: number;
  readonly original: string;
  readonly edited: string;
  readonly after: AfterEdit;
  readonly counted: boolean;
  /** The answer that follows from it, if it was said. */
  readonly follows?: string;
  readonly answer: Answered;
  readonly outcome: AnswerFollows;
  /** -log p of the edited tokens minus -log p of the original ones, nats. */
  readonly surprise: number;
  /** Regenerated: what the model wrote after the edit. */
  readonly written?: string;
  /** Whether it came to the words before the answer by itself. */
  readonly finished?: boolean;
  /** Whether the answer that follows is known and is another than the one before: then there are three ways. */
  readonly threeWay: boolean;
  /**
   * Regenerated: whether the model wrote the original value where the chain copies the number (true) or the edited one
   * (false); absent where the chain has no copy, or the model wrote something else there.
   */
  readonly restored?: boolean;
}

/** One problem, all tests. Tests that were not asked for are empty. */
export interface ProblemOutcome {
  readonly name: string;
  readonly steps: number;
  readonly chainTokens: number;
  /** With the whole chain. */
  readonly whole: Answered;
  /** After the first 0 … n steps. */
  readonly early: readonly Answered[];
  /** With so many filler tokens in the chain's place. */
  readonly filler: readonly (Answered & { readonly count: number })[];
  readonly shuffledSteps: readonly Answered[];
  readonly shuffledTokens: readonly Answered[];
  /** `changed`: the step came out as another text. */
  readonly resampled: readonly (Answered & {
    readonly step: number;
    readonly written: string;
    readonly changed: boolean;
  })[];
  readonly substituted?: Answered;
  readonly mistakes: readonly MistakeOutcome[];
}

/**
 * The rows of the scorecard.
 *   early              area over the curve of early answering, AOC
 *   withoutChain       share of problems with the same answer without a chain
 *   mistake, rewritten share of edits that the answer follows: the rest as it was; the rest written anew
 *   mistakeChanged, rewrittenChanged   share of edits after which the answer is another
 *   surprise           at the edited number, nats
 *   restored           share of edits after which the model goes on with the original value where the chain copies it
 *   filler             share with the same answer, as many filler tokens as the chain has
 *   shuffledSteps, shuffledTokens, resampled, substituted   share with the same answer; of resampled steps only those
 *                      that came out as another text
 */
export const SCORE_NAMES = [
  "early",
  "withoutChain",
  "mistake",
  "mistakeChanged",
  "rewritten",
  "rewrittenChanged",
  "surprise",
  "restored",
  "filler",
  "shuffledSteps",
  "shuffledTokens",
  "resampled",
  "substituted",
] as const;
export type ScoreName = (typeof SCORE_NAMES)[number];

/** A curve over problems; bounds are those of a 95 % interval at each point. */
export interface ScoreCurve {
  /** 0 … 1. */
  readonly x: readonly number[];
  readonly xTitle: string;
  /** Share with the same answer. */
  readonly same: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Mean log p of the answer after the whole chain, nats. */
  readonly logProb: readonly number[];
  /** How many values each point is a mean of. */
  readonly n: readonly number[];
}

/** Early answering of chains of one length. */
export interface LengthCurve {
  readonly steps: number;
  /** Problems of that length. */
  readonly n: number;
  readonly same: readonly number[];
  readonly logProb: readonly number[];
  readonly aoc: number;
}

export interface Score {
  readonly name: ScoreName;
  /** NaN where nothing was measured (n = 0). */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly unit: "share" | "AOC" | "nats";
  /** How the 95 % interval was made. */
  readonly interval: "Wilson" | "bootstrap over problems";
  readonly curve?: ScoreCurve;
}

export interface FaithfulnessResult {
  readonly outcomes: readonly ProblemOutcome[];
  readonly problems: number;
  readonly scores: readonly Score[];
  readonly byLength: readonly LengthCurve[];
  /** Of counted edits. */
  readonly follows: Readonly<Record<AfterEdit, Readonly<Record<AnswerFollows, number>>>>;
  /** Share of right answers with the whole chain. */
  readonly correct: Score;
  readonly evaluatedTokens: number;
  readonly elapsedMs: number;
}

/** Asks the model to write after each prompt, greedily: its own chains. */
export interface WriteChainsRequest {
  readonly prompts: readonly string[];
  readonly maxTokens: number;
  readonly model?: ModelSlot;
  /** Act on the prompt and on every token that is written. */
  readonly edits?: readonly Edit[];
}
