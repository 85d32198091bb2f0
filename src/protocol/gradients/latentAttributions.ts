/** What latents by gradient × activation are asked, and what they answer. */
import type { Agreements, AttributionAlarm, CellCheckRequest } from "./attributions";
import type { EditedPrompt } from "../interventions";

/** Of an autoencoder that is attached to the page's model. */
export interface LatentAttributionRequest {
  /** By its id. */
  readonly sae: number;
  readonly prompt: EditedPrompt;
  /** Positions that scores are summed over; those behind `readAt` cannot matter and are left out. */
  readonly positions: readonly number[];
  /** Where the target's logit is read. */
  readonly readAt: number;
  readonly target: number;
  /** With it, the difference of two logits. */
  readonly minus?: number;
  /** Latents that are told, largest score first. */
  readonly most: number;
  /**
   * The gradient is the mean at this many midpoints of the path on which all active latents of the positions grow together
   * from 0 to their values, the error term kept; left out: the gradient in the prompt as it is.
   */
  readonly steps?: number;
  /** Of each token the step of a chain that it belongs to: -1 in the prompt, n behind the last of n steps. */
  readonly stepOf?: readonly number[];
  readonly check?: CellCheckRequest;
}

export interface LatentScore {
  readonly latent: number;
  /** Its largest value over the positions, and where. */
  readonly value: number;
  readonly position: number;
  /** Σ over the positions of value · (decoder row · ∂logit/∂site), logits: to first order what is lost without it. */
  readonly estimate: number;
  /** By its direct way to the logit alone, as in LatentEffect. */
  readonly direct: number;
  /** The estimate's parts by step, in the order of `steps.step`. */
  readonly bySteps?: readonly number[];
}

export interface CheckedLatent extends LatentScore {
  /** Logit (difference) as it is minus without the latent at all of the positions, error term kept; NaN until it was run. */
  readonly exact: number;
  readonly isLargest: boolean;
  readonly isRandom: boolean;
}

/** What the site holds · gradient, taken apart: latents + error + bias = whole. Logits. */
export interface SiteParts {
  /** Σ over all active latents. */
  readonly latents: number;
  /** (what the site holds − reconstruction) · gradient. */
  readonly error: number;
  /** (what the autoencoder writes without any latent) · gradient. */
  readonly bias: number;
  readonly whole: number;
}

export interface LatentAttributionResult {
  /** The logit (difference) as it is. */
  readonly value: number;
  /** By |estimate|. */
  readonly latents: readonly LatentScore[];
  /** Latents that are active at one of the positions. */
  readonly active: number;
  readonly parts: SiteParts;
  /** In order of step, each step that has some of the positions. */
  readonly steps?: readonly (SiteParts & { readonly step: number })[];
  /** With `steps`: the logit as it is minus with all latents of the positions out; their estimates sum to it in the limit. */
  readonly pathDifference?: number;
  readonly check?: Agreements & {
    /** By |estimate|. */
    readonly latents: readonly CheckedLatent[];
  };
  readonly alarms: readonly AttributionAlarm[];
  /** Walks back and checked latents: how many are done, of how many. */
  readonly done: number;
  readonly total: number;
  readonly evaluatedTokens: number;
  readonly elapsedMs: number;
}
