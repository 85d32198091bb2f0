/**
 * The run: the one primitive everything is a client of. A run is a batch of token rows that answers with
 * log-probabilities of named targets, top-k distributions and captured activations.
 */
import type { Intervention } from "./interventions";
import type { Site } from "./sites";

export interface RunRow {
  /** The row's own token ids, appended to its parent's context if it has one. */
  readonly tokens: readonly number[];
  /** Index of an earlier row whose context this row extends (its keys and values are computed once). */
  readonly parent?: number;
  /** Position of the first own token; default: right after the parent's last. A gap leaves positions unused. */
  readonly startPosition?: number;
  /**
   * Positions whose keys this row's tokens (and those of rows that extend it) cannot see, in all layers and
   * heads. A token always sees itself, so that its own attention stays defined.
   */
  readonly hiddenPositions?: readonly number[];
  /** Changes to the activations of this row's own tokens, in order. A row that extends it names its own. */
  readonly interventions?: readonly Intervention[];
}

/** Asks for log p(target | row up to and including `position`), in nats. `position` is one of the row's own. */
export interface ScoreRequest {
  readonly row: number;
  readonly position: number;
  readonly target: number;
}

/** Asks for the `k` most probable next tokens after `position` of `row`. */
export interface TopRequest {
  readonly row: number;
  readonly position: number;
  readonly k: number;
}

export interface RunRequest {
  readonly rows: readonly RunRow[];
  /** Sites to capture, for every row's own tokens. */
  readonly capture?: readonly Site[];
  readonly score?: readonly ScoreRequest[];
  readonly top?: readonly TopRequest[];
}

export interface TopTokens {
  /** Token ids, most probable first; ties go to the lower id. */
  readonly ids: Uint32Array;
  /** Natural log-probabilities of `ids`. */
  readonly logProbs: Float32Array;
}

export interface Capture {
  readonly row: number;
  readonly site: Site;
  /** As documented in `sites.ts`; `key` counts the positions of the row's whole context. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface RunResult {
  /** Log-probabilities in nats, one per `score` ask. */
  readonly scores: Float32Array;
  readonly top: readonly TopTokens[];
  readonly captures: readonly Capture[];
  /** Tokens that went through the model (shared prefixes count once). */
  readonly evaluatedTokens: number;
}
