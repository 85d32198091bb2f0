/**
 * What the methods that look into one forward pass are asked, and what they answer: captures, the logit lens,
 * direct logit attribution, neurons, comparisons of two runs, and sweeps of interventions.
 */
import type { EditedPrompt, NamedTokens, PromptSet } from "./interventions";
import type { TopTokens } from "./run";
import type { Site } from "./sites";

/** Which of the loaded models a question is for; without it, the one that the page shows. */
export type ModelSlot = "main" | "other";

export interface OnModel {
  readonly model?: ModelSlot;
}

// ── captures ────────────────────────────────────────────────────────────────────────────────────────────────

export interface CaptureRequest extends OnModel {
  /** Every prompt is captured on its own. */
  readonly prompts: readonly EditedPrompt[];
  readonly sites: readonly Site[];
}

export interface CapturePlan {
  /** What is captured per prompt and site, with its size. */
  readonly tensors: readonly {
    readonly site: Site;
    readonly shape: readonly number[];
    readonly bytes: number;
  }[];
  readonly bytes: number;
  /** Most that is held at once; a plan above it is refused. */
  readonly limitBytes: number;
}

/** An activation that the engine holds; a view reads the part that it draws. */
export interface TensorRef {
  readonly id: number;
  readonly prompt: number;
  readonly site: Site;
  /** As documented in sites.ts. */
  readonly shape: readonly number[];
}

export interface TensorStats {
  readonly count: number;
  readonly mean: number;
  /** Population standard deviation. */
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
  /** Euclidean norm of all elements. */
  readonly norm: number;
  /** Elements that are not finite (masked scores); they count nowhere else. */
  readonly notFinite: number;
  /** Largest |x|, first: where (index along each axis) and the value. */
  readonly outliers: readonly { readonly at: readonly number[]; readonly value: number }[];
  /** Counts of equal bins from min to max. */
  readonly histogram: readonly number[];
  /** Euclidean norm at each index of the first axis. */
  readonly norms: Float32Array;
}

/**
 * A rectangle of one matrix of a tensor: at `leading` indices of its first axes, rows along the next axis, columns
 * along all that are left, side by side. Of [pos, head, dHead] without `leading`: heads side by side for each token.
 */
export interface TensorWindow {
  readonly id: number;
  /** A tensor of the same shape that is subtracted, element by element, before anything is pooled. */
  readonly minus?: number;
  readonly leading: readonly number[];
  readonly rows: readonly [first: number, end: number];
  readonly cols: readonly [first: number, end: number];
  /** At most so many cells each way: larger windows are pooled, each cell its element of largest |x|. */
  readonly maxRows: number;
  readonly maxCols: number;
}

export interface WindowData {
  readonly rows: number;
  readonly cols: number;
  /** Elements of the tensor to a cell, each way; 1 = exact. */
  readonly rowStep: number;
  readonly colStep: number;
  /** Row-major. */
  readonly data: Float32Array;
}

// ── next tokens ─────────────────────────────────────────────────────────────────────────────────────────────

/** What the model expects after one position. */
export interface Prediction {
  readonly top: TopTokens;
  /** Entropy of the whole distribution, nats. */
  readonly entropy: number;
  /** For each asked target: log p in nats, and how many tokens are more probable. */
  readonly targets: readonly { readonly logProb: number; readonly rank: number }[];
}

export interface LensRequest extends OnModel {
  readonly prompt: EditedPrompt;
  /** Positions to read; the lens has a column for each. */
  readonly positions: readonly number[];
  /** Tokens to follow through the layers. */
  readonly targets: readonly number[];
  /** Tokens listed in a cell. */
  readonly k: number;
  /** A Jacobian lens to read through, by its id; of the page's model only. Without it the logit lens. */
  readonly lens?: number;
}

export interface LensResult {
  /**
   * Residual sites in the order of the forward pass, from blocks.0.resid_pre to the last resid_post; through a Jacobian lens
   * those that it has a matrix for, and the last.
   */
  readonly sites: readonly Site[];
  readonly positions: readonly number[];
  /** [site][position]. */
  readonly cells: readonly (readonly Prediction[])[];
}

// ── direct logit attribution ────────────────────────────────────────────────────────────────────────────────

export interface AttributionRequest extends OnModel {
  readonly prompt: EditedPrompt;
  readonly position: number;
  readonly target: number;
  /** With it the difference logit(target) - logit(minus) is taken apart. */
  readonly minus?: number;
}

export interface Contribution {
  /** "embed", "blocks.2.attn", "blocks.2.attn.head.5", "blocks.2.mlp", "final norm bias", "unembed bias"; of an edit, its site. */
  readonly component: string;
  /** "edit": what an edit added to the residual stream (or to attn_out) here, on top of what the model wrote. */
  readonly kind: "embed" | "attention" | "head" | "headBias" | "mlp" | "bias" | "edit";
  readonly layer?: number;
  readonly head?: number;
  /** In logits. */
  readonly value: number;
}

export interface AttributionResult {
  /** Everything that adds up to the logit: embeddings, attention and MLP of each layer, biases. */
  readonly parts: readonly Contribution[];
  /** Attention of each layer taken apart: its heads and its bias. */
  readonly heads: readonly Contribution[];
  /** The logit (difference) that the model gives; before the cap, where logits pass a soft cap. */
  readonly logit: number;
  /** Sum of `parts` minus `logit`: rounding. */
  readonly residual: number;
  /** How the final norm is handled, in words: its scale is that of this run. */
  readonly norm: string;
}

// ── neurons ─────────────────────────────────────────────────────────────────────────────────────────────────

export interface NeuronRequest extends OnModel {
  readonly layer: number;
  readonly neuron: number;
  readonly k: number;
}

export interface WeightedTokens {
  readonly ids: Uint32Array;
  readonly values: Float32Array;
}

/** What a neuron reads and writes, by its weights alone. */
export interface NeuronResult {
  /** Effect of its output on the logits, final norm's gain included and scale left out: tokens that it raises (values
   * above 0), most first, and that it lowers (below 0); at most k, none where there is none. */
  readonly promotes: WeightedTokens;
  readonly suppresses: WeightedTokens;
  /** Token embeddings that its input weights (the gate's, where there is one) agree with most, and least. */
  readonly readsMost: WeightedTokens;
  readonly readsLeast: WeightedTokens;
  readonly inputNorm: number;
  readonly outputNorm: number;
  readonly inputBias: number;
}

// ── two runs side by side ───────────────────────────────────────────────────────────────────────────────────

export interface CompareRequest {
  readonly base: EditedPrompt & OnModel;
  readonly other: EditedPrompt & OnModel;
  /** Positions that belong together; default: equal positions of both. */
  readonly pairs?: readonly (readonly [base: number, other: number])[];
  readonly k: number;
  /** Tokens to follow at every position, in both runs. */
  readonly targets?: readonly number[];
}

export interface CompareResult {
  readonly pairs: readonly (readonly [base: number, other: number])[];
  /** KL(base ‖ other) of the next-token distributions, nats, per pair; NaN where `klAbsent` says why. */
  readonly kl: Float32Array;
  /** Why there is no KL, in a sentence: the two models' tokens are not the same. */
  readonly klAbsent?: string;
  readonly base: readonly Prediction[];
  readonly other: readonly Prediction[];
  /** log p of the token that follows in its own text, per pair; NaN at the end. */
  readonly baseNext: Float32Array;
  readonly otherNext: Float32Array;
}

// ── sweeps ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What a cell of a sweep is measured by, at one position of the edited run. */
export type Metric =
  | { readonly kind: "logitDifference"; readonly target: number; readonly minus: number }
  | { readonly kind: "logProb"; readonly target: number }
  | { readonly kind: "probability"; readonly target: number }
  /** KL(base ‖ edited) in nats, from the run without this sweep's edit. */
  | { readonly kind: "kl" };

/** What a sweep varies; every cell is one run. */
export type SweepAxes =
  /** One site at each layer and position. */
  | {
      readonly kind: "layerPosition";
      readonly site: "resid_pre" | "resid_mid" | "resid_post" | "attn_out" | "mlp_out";
      readonly positions: readonly number[];
    }
  /** One head of each layer, all positions (or those given). */
  | {
      readonly kind: "layerHead";
      readonly site: "attn.z" | "attn.q" | "attn.k" | "attn.v" | "attn.pattern";
      readonly positions?: readonly number[];
    }
  /** Attention and MLP of each layer as wholes. */
  | { readonly kind: "layerSublayer"; readonly positions?: readonly number[] }
  /** Neurons of one layer. */
  | {
      readonly kind: "neurons";
      readonly layer: number;
      readonly neurons: readonly number[];
      readonly positions?: readonly number[];
    }
  /** Any sites, one cell each. */
  | { readonly kind: "sites"; readonly sites: readonly Site[]; readonly positions?: readonly number[] };

/** What happens to the element of a cell. */
export type SweepChange =
  | { readonly kind: "zero" }
  | { readonly kind: "mean"; readonly over: PromptSet }
  | { readonly kind: "resample"; readonly from: PromptSet; readonly seed: number }
  /** Its value in another prompt of equal length: patching clean into corrupted, or the reverse. */
  | { readonly kind: "patch"; readonly from: NamedTokens };

export interface SweepRequest extends OnModel {
  readonly prompt: EditedPrompt;
  /** Where the metric is read. */
  readonly position: number;
  readonly axes: SweepAxes;
  readonly change: SweepChange;
  readonly metric: Metric;
}

export interface SweepCost {
  readonly cells: number;
  readonly tokens: number;
  /** From the speed measured on this device; absent before anything ran. */
  readonly seconds?: number;
}

export interface SweepResult {
  /** Layers, or what `axes` lists. */
  readonly rowLabels: readonly string[];
  readonly colLabels: readonly string[];
  /** The metric of each cell, row-major; NaN: not yet there, or no such cell. */
  readonly values: Float32Array;
  /** The metric without the sweep's change, and (patching) of the prompt that values come from. */
  readonly base: number;
  readonly donor?: number;
  readonly cellsDone: number;
  readonly cells: number;
  readonly evaluatedTokens: number;
  readonly elapsedMs: number;
}
