/**
 * Gradients: how scalars that are read off a run change with activations on the way to them. A gradient at a site is the
 * cotangent of the tensor that passes the site's tap, edits included, in the shape of a capture of that site.
 */
import type { OnModel } from "../analysis";
import type { EditedPrompt } from "../interventions";
import type { RunRow } from "../run";
import type { Site } from "../sites";

/**
 * What may be held constant: attention patterns, or what norms divide by. The gradient then is that of the model made linear
 * there (attribution graphs), and says so.
 */
export const FROZEN_PARTS = ["patterns", "scales"] as const;
export type FrozenPart = (typeof FROZEN_PARTS)[number];

interface AtPosition {
  readonly row: number;
  /** One of the row's own positions. */
  readonly position: number;
  /** Times this; 1 if left out. */
  readonly weight?: number;
}

/** log p(target | row up to and including `position`), in nats. */
export interface LogProbTerm extends AtPosition {
  readonly kind: "logProb";
  readonly target: number;
}

/** A logit as the model gives it. */
export interface LogitTerm extends AtPosition {
  readonly kind: "logit";
  readonly target: number;
}

/** KL(softmax of `base` ‖ what the model predicts), in nats; `base` is a row of logits. */
export interface KlTerm extends AtPosition {
  readonly kind: "kl";
  readonly base: Float32Array;
}

/** The mean of `answers` by the model's odds among them: Σ value p(token) / Σ p(token). */
export interface ExpectedTerm extends AtPosition {
  readonly kind: "expected";
  readonly answers: readonly { readonly target: number; readonly value: number }[];
}

/** values · what passes the site at the position; as wide as the site at one position (heads · dHead where it has heads). */
export interface SiteTerm extends AtPosition {
  readonly kind: "site";
  /** Any but attn.scores and attn.pattern. */
  readonly site: Site;
  readonly values: Float32Array;
}

export type ScalarTerm = LogProbTerm | LogitTerm | KlTerm | ExpectedTerm | SiteTerm;

/** A sum of terms: a logit difference is two logits, a cross-entropy as many log-probabilities as there are targets. */
export type Scalar = readonly ScalarTerm[];

/**
 * A site that is not walked through: its cotangent ends there, as if what passes it were given from outside. `skip`, of a
 * skip transcoder that writes there (`SaeInfo.id`): what its skip path lets past goes on to the site that it reads, in the
 * same block.
 */
export interface Cut {
  /** Any with one tensor of its own: not attn.q, attn.k, attn.v, attn.scores, attn.pattern. */
  readonly site: Site;
  readonly skip?: number;
}

export interface GradientRequest {
  /** Rows that are read whole; they share nothing, so one scalar may sum over rows and each keeps its own gradient. */
  readonly rows: readonly Omit<RunRow, "parent">[];
  readonly scalars: readonly Scalar[];
  readonly sites: readonly Site[];
  readonly frozen?: readonly FrozenPart[];
  /** Gradients at a cut site are those behind the cut; terms of scalars that are read there read before it. */
  readonly cuts?: readonly Cut[];
}

/** The same of prompts under edits; a term's `row` is the place of its prompt. */
export interface PromptGradientsRequest extends OnModel, Omit<GradientRequest, "rows"> {
  readonly prompts: readonly EditedPrompt[];
}

export interface Gradient {
  readonly scalar: number;
  readonly row: number;
  readonly site: Site;
  /** As a capture of the site; at keys that are not visible 0. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A gradient that is no result: nothing but zeros (a device or a detached path may lose it silently), or not finite. */
export interface GradientAlarm {
  readonly kind: "allZero" | "notFinite";
  readonly scalar: number;
  readonly site: Site;
}

export interface GradientResult {
  /** Of each scalar. */
  readonly values: readonly number[];
  /** Scalar after scalar, row after row, sites in the order asked. */
  readonly gradients: readonly Gradient[];
  readonly alarms: readonly GradientAlarm[];
  readonly frozen: readonly FrozenPart[];
}
