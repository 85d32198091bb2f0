/**
 * Thought anchors (Bogdan et al. 2025, arXiv:2506.19143): what rollouts of a chain from each of its steps say, what
 * later steps lose when they cannot attend to a step, and what heads look at from step to step.
 */
import type { ChainTokens, UnderEdits } from "./chain";

export interface RolloutsRequest extends UnderEdits {
  readonly chain: ChainTokens;
  /** Of each starting point and kind. */
  readonly rollouts: number;
  readonly temperature: number;
  /** 1 = off. Taken among the 256 most probable tokens. */
  readonly topP: number;
  readonly seed: number;
  /** Most tokens that one rollout writes. */
  readonly maxTokens: number;
  /** A written step is compared with old ones by the mean of `blocks.<layer>.resid_post` over its tokens. */
  readonly layer: number;
}

export interface Rollout {
  /** It begins after so many of the chain's steps: 0 … n. */
  readonly start: number;
  /** Numbers the rollouts of one start and kind. */
  readonly index: number;
  /** The answer's cue was put right after the kept steps. */
  readonly forced: boolean;
  /** What was written, in text. */
  readonly text: string;
  /** What stands after the cue; undefined where no cue was written in time. */
  readonly answer?: string;
  /** The answer equals the reference, both normalised (see `normalisedAnswer`). */
  readonly right: boolean;
  /** Tokens of each written step. */
  readonly steps: readonly (readonly number[])[];
  /** Cosine of each written step and each step of the chain, [written, step] row-major; of forced ones nothing. */
  readonly cosine: Float32Array;
}

export interface RolloutsResult {
  /** In the order of the chains' ends; while running: those that have ended. */
  readonly rollouts: readonly Rollout[];
  readonly total: number;
  readonly evaluatedTokens: number;
  readonly elapsedMs: number;
}

export interface SuppressionRequest extends UnderEdits {
  readonly chain: ChainTokens;
  /** Of both distributions. */
  readonly temperature: number;
}

/** Logs of KLs are of no less than this. */
export const LEAST_KL = 1e-12;

export interface SuppressionResult {
  readonly n: number;
  /**
   * [hidden step, later part] row-major, n × (n + 1): the mean over the part's tokens of ln KL(base ‖ masked) of what
   * follows each; the last part is the answer's cue. NaN where a part is not later.
   */
  readonly logKl: Float32Array;
  readonly evaluatedTokens: number;
}

export interface StepAttentionRequest extends UnderEdits {
  readonly chain: ChainTokens;
}

export interface StepAttentionResult {
  readonly n: number;
  readonly nLayers: number;
  readonly nHeads: number;
  /** [layer, head, from step, to step]: attention, averaged over the tokens of both; 0 where `to` is later. */
  readonly attention: Float32Array;
}
