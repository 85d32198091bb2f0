/**
 * What is asked of attached sparse autoencoders, and what they answer: codes of a prompt and how good they are, and what
 * one latent is by its weights.
 *
 * A *latent* is a column of the code; its *value* is its activation. Codes are lists of (latent, value) per position,
 * most active first; a slot without a latent has id NO_LATENT and value 0.
 */
import type { WeightedTokens } from "./analysis";
import type { EditedPrompt } from "./interventions";
import type { SaeDescription } from "./sae";
import type { Site } from "./sites";

export const NO_LATENT = 0xffffffff;

/** An attached autoencoder. */
export interface SaeInfo extends SaeDescription {
  /** Names it in requests, while it is attached. */
  readonly id: number;
  readonly siteIn: Site;
  readonly siteOut: Site;
  readonly weightBytes: number;
  /** Worth showing: it was made for another model, it expects a BOS token. */
  readonly notes: readonly string[];
}

/** Where autoencoders come from: those that ship with the embedded model, or files. */
export type SaeSource =
  | { readonly kind: "embedded"; readonly model: string; readonly folder: string }
  | { readonly kind: "files"; readonly name: string; readonly files: readonly File[] };

export interface OnSae {
  readonly sae: number;
}

// ── codes ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface DecodeRequest extends OnSae {
  readonly prompt: EditedPrompt;
  /** TopK: how many latents a position may use, in place of the trained k. */
  readonly k?: number;
  /** Matryoshka: only latents below this one. */
  readonly prefix?: number;
  /** Latents listed per position. */
  readonly listed: number;
}

export interface DecodeResult {
  /** Row-major [positions, listed]. */
  readonly ids: Uint32Array;
  readonly values: Float32Array;
  readonly listed: number;
  /** Active latents of each position. */
  readonly l0: Float32Array;
  /** ‖x − x̂‖² and ‖x − mean x‖² (mean over the prompt) of each position; x is what the output site holds. */
  readonly squaredErrors: Float32Array;
  readonly variances: Float32Array;
  /** cos(x, x̂) of each position. */
  readonly cosines: Float32Array;
  /** Σ squaredErrors / Σ variances: fraction of variance unexplained. BOS is left out where the model has one. */
  readonly fvu: number;
  /** Positions that the means are over. */
  readonly n: number;
}

export interface SpliceRequest extends OnSae {
  readonly prompt: EditedPrompt;
  readonly k?: number;
  readonly prefix?: number;
}

/** The model with the reconstruction in place of the site, against the model as it is and the site at zero. */
export interface SpliceResult {
  /** Mean −log p of the prompt's next tokens, nats. */
  readonly clean: number;
  readonly spliced: number;
  readonly zero: number;
  /** (zero − spliced) / (zero − clean). */
  readonly lossRecovered: number;
  /** Mean KL(clean ‖ spliced), nats. */
  readonly kl: number;
  readonly n: number;
}

/** How good the code is with fewer or more latents. */
export interface CodeCurveRequest extends OnSae {
  readonly prompt: EditedPrompt;
  readonly ks: readonly number[];
}
export interface CodeCurveResult {
  readonly ks: readonly number[];
  readonly fvu: readonly number[];
}

// ── one latent ──────────────────────────────────────────────────────────────────────────────────────────────

export interface LatentRequest extends OnSae {
  readonly latent: number;
  readonly k: number;
}
export interface LatentResult {
  /**
   * decoder row · final norm's gain · unembedding, mean over the vocabulary taken off: most raised, most lowered, per unit
   * of the latent. Empty where the site does not reach the residual stream by weights alone; `norm` says so.
   */
  readonly promotes: WeightedTokens;
  readonly suppresses: WeightedTokens;
  /** How the final norm was handled, in words. */
  readonly norm: string;
  /** Other latents whose decoder rows are most alike, by cosine. */
  readonly neighbours: { readonly ids: Uint32Array; readonly cosines: Float32Array };
  readonly decoderNorm: number;
  readonly encoderNorm: number;
  readonly encoderBias: number;
}
