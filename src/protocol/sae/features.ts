/**
 * What is asked of attached sparse autoencoders, and what they answer: codes of a prompt and how good they are, what one
 * latent is by its weights and does to a text, and passes over a corpus.
 *
 * A *latent* is a column of the code; its *value* is its activation. Codes are lists of (latent, value) per position,
 * most active first; a slot without a latent has id NO_LATENT and value 0.
 */
import type { OnModel, WeightedTokens } from "../analysis";
import type { EditedPrompt } from "../interventions";
import type { GivenFields } from "../missingFields";
import type { SaeDescription } from "./sae";
import type { Site } from "../sites";

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
  | {
      readonly kind: "files";
      readonly name: string;
      readonly files: readonly File[];
      /** What their config does not say. */
      readonly fields?: GivenFields;
    };

/** What lies among files that were dropped or picked. */
export interface SortedFiles {
  /** Files of weights that are an autoencoder's, by name. */
  readonly saes: readonly string[];
  /** Files that are a Jacobian lens, by name. */
  readonly lenses: readonly string[];
  /** There are others that may be a model's. */
  readonly hasModel: boolean;
}

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
  /**
   * Σ squaredErrors / Σ variances: fraction of variance unexplained. BOS is left out where the model has one. Errors,
   * cosines and this are NaN of a part of a cross-layer transcoder, whose reconstruction is not its own.
   */
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
  /** Standard error of zero − clean over the tokens, nats. */
  readonly zeroError: number;
  /** (zero − spliced) / (zero − clean); NaN where zero − clean is not above its 95 % interval: then it is not defined. */
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

/** Which latents of some positions matter to a token's logit. */
export interface LatentEffectsRequest extends OnSae {
  readonly prompt: EditedPrompt;
  /** Positions whose active latents are candidates. */
  readonly positions: readonly number[];
  /** Where the target is read. */
  readonly readAt: number;
  readonly target: number;
  /** With it, the difference of two logits. */
  readonly minus?: number;
  /** Candidates that are ablated: the most active ones. */
  readonly most: number;
}
export interface LatentEffect {
  readonly latent: number;
  /** Largest value over the positions, and where. */
  readonly value: number;
  readonly position: number;
  /**
   * value · decoder row · (final norm's gain / its scale) · unembedding, at the read position; NaN where the latent is
   * not active there (only there does it reach the logit directly), or where its site has no linear way to the stream.
   */
  readonly direct: number;
  /** Logit (difference) as it is minus with the latent ablated at all of the positions, error term kept. */
  readonly ablation: number;
}

// ── one latent ──────────────────────────────────────────────────────────────────────────────────────────────

export interface LatentRequest extends OnSae {
  readonly latent: number;
  readonly k: number;
}
export interface LatentResult {
  /**
   * decoder row · final norm's gain · unembedding, mean over the vocabulary taken off, per unit of the latent: tokens that
   * it raises (above 0), most first, and that it lowers (below 0); at most k. Empty where the site does not reach the residual stream by weights alone; `norm` says so.
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

/** The k latents that raise a token most, then the k that lower it most: decoder · gain · unembedding of that token. */
export interface ByLogitRequest extends OnSae {
  readonly token: number;
  readonly k: number;
}
export interface RankedLatents {
  readonly ids: Uint32Array;
  readonly values: Float32Array;
}

/** What ablating a latent at one position does to every later token. */
export interface LatentTraceRequest extends OnSae {
  readonly latent: number;
  readonly prompt: EditedPrompt;
  readonly position: number;
  /** Tokens voted up and down, per later token. */
  readonly k: number;
}
export interface LatentTraceResult {
  /** Positions from `position` on; the prediction made there is the first that can change. */
  readonly positions: readonly number[];
  /** −log p of the token that follows, ablated minus as it is, nats; NaN at the end of the prompt. */
  readonly lossChange: Float32Array;
  /** KL(as it is ‖ ablated), nats. */
  readonly kl: Float32Array;
  /** Per position: tokens whose logit the latent raises (as it is minus ablated, above 0) most, and lowers (below 0) most. */
  readonly up: readonly WeightedTokens[];
  readonly down: readonly WeightedTokens[];
  /** methods.md 2c: effective fraction of outputs that the ablation touches. */
  readonly ablationSparsity: number;
}

// ── a corpus ────────────────────────────────────────────────────────────────────────────────────────────────

export interface CorpusRequest extends OnModel {
  readonly saes: readonly number[];
  /** Names it in captions and in the cache. */
  readonly name: string;
  /** Documents; cut into contexts of at most `contextSize` tokens. */
  readonly documents: readonly (readonly number[])[];
  readonly contextSize: number;
  /** Put before every context, if the model has one. */
  readonly addBos: boolean;
  readonly seed: number;
}
/** A pass that the engine holds: finished, stopped or under way. */
export interface CorpusInfo {
  readonly id: number;
  readonly name: string;
  readonly tokensDone: number;
  readonly tokens: number;
  readonly tokensPerSecond: number;
  readonly saes: readonly number[];
  /** Latents never active (value > 1e-3) in the tokens seen, per autoencoder. */
  readonly dead: readonly number[];
  /** Mean active latents a token, and FVU (NaN of a part of a cross-layer transcoder), per autoencoder. */
  readonly l0: readonly number[];
  readonly fvu: readonly number[];
}

export interface CorpusLatentRequest extends OnSae {
  readonly corpus: number;
  readonly latent: number;
}
export interface CorpusExample {
  readonly document: number;
  /** Position in `tokens` of the activation that it stands for. */
  readonly at: number;
  readonly value: number;
  /** The whole context, with the latent's value at each token; 0 at BOS, which counts nowhere. */
  readonly tokens: readonly number[];
  readonly values: Float32Array;
}
export interface CorpusLatentResult {
  /** Share of tokens at which it is active. */
  readonly density: number;
  readonly active: number;
  readonly tokens: number;
  /** E[a], E[a²], E[a³]/E[a²]^1.5, E[a⁴]/E[a²]² over all tokens. */
  readonly mean: number;
  readonly meanSquare: number;
  readonly skew: number;
  readonly kurtosis: number;
  readonly max: number;
  /** Counts of equal bins of the active values, from 0 to max; edges are good to 1/32 of max, the sum is exact. */
  readonly histogram: readonly number[];
  readonly top: readonly CorpusExample[];
  /** A few contexts whose largest value lies in each tenth of the range of values, highest first. */
  readonly sampled: readonly {
    readonly from: number;
    readonly to: number;
    readonly examples: readonly CorpusExample[];
  }[];
}
export interface CorpusOverviewRequest extends OnSae {
  readonly corpus: number;
}
/** Every latent at once, for search and the overview. */
export interface CorpusOverview {
  readonly density: Float32Array;
  readonly max: Float32Array;
}
