/**
 * What methods that rest on gradients are asked, and what they answer: attribution by token, attribution patching, edge
 * attribution. Each is an estimate to first order and carries how far off it was where the exact runs were made.
 */
import type { Metric, OnModel, SweepRequest, SweepResult } from "../analysis";
import type { GradientAlarm, ScalarTerm } from "./gradients";
import type { EditedPrompt, NamedTokens, PromptSet } from "../interventions";

/** A term of a scalar that is read off one prompt. */
export type PromptTerm = ScalarTerm extends infer Term
  ? Term extends ScalarTerm
    ? Omit<Term, "row">
    : never
  : never;

/** Where a gradient was taken that is nothing but zeros, or not finite: numbers that rest on it say nothing. */
export interface AttributionAlarm extends Omit<GradientAlarm, "scalar"> {
  readonly at: "prompt" | "donor" | "path";
}

/** How far estimates are from exact values; pairs that lack one are left out. */
export interface Agreement {
  readonly n: number;
  /** Pearson's r, and Spearman's rho: NaN where one side does not vary. */
  readonly pearson: number;
  readonly spearman: number;
  /** Mean of |estimate − exact|, in the unit of what is estimated. */
  readonly meanError: number;
  /** √(Σ (estimate − exact)² / Σ exact²). */
  readonly relativeError: number;
}

/** Of what was run exactly as well: the largest estimates, and what the seed drew. */
export interface Agreements {
  readonly largest: Agreement;
  /** The only one that speaks for all that was estimated. */
  readonly random: Agreement;
  readonly all: Agreement;
}

// ── by token ────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The embeddings x′ that integrated gradients begin at:
 *   zero   nothing at every position
 *   mean   the mean embedding over the prompt's own tokens, or over those of a set of prompts
 *   token  the embedding of one token at every position
 */
export type EmbeddingBaseline =
  | { readonly kind: "zero" }
  | { readonly kind: "mean"; readonly over?: PromptSet }
  | { readonly kind: "token"; readonly token: number };

/** Points of the path: the middles of m equal parts, or their m + 1 ends with half weight at the first and the last. */
export const INTEGRATION_RULES = ["midpoint", "trapezoid"] as const;
export type IntegrationRule = (typeof INTEGRATION_RULES)[number];

export interface TokenAttributionRequest extends OnModel {
  readonly prompt: EditedPrompt;
  /** What is taken apart: the sum of these terms. */
  readonly scalar: readonly PromptTerm[];
  readonly baseline: EmbeddingBaseline;
  /** m, the number of equal parts of the path. */
  readonly steps: number;
  readonly rule: IntegrationRule;
  /** Positions that have their own embedding in the baseline too, and are not replaced (BOS). */
  readonly fixed?: readonly number[];
  /** Of each token the step of a chain that it belongs to: -1 in the prompt, n behind the last of n steps. */
  readonly stepOf?: readonly number[];
  /** With it, the truth beside it: tokens, and whole steps, replaced by this token in runs of their own. */
  readonly filler?: number;
}

/** One number a token, or a step: sums over its tokens, but for `replaced`. In the scalar's unit, but for saliency. */
export interface TokenScores {
  /** ‖∂f/∂x‖₂ at the token's embedding: the scalar's unit for each unit of length. */
  readonly saliency: readonly number[];
  /** x · ∂f/∂x. */
  readonly gradientInput: readonly number[];
  /** (x − x′) · the mean of ∂f/∂x on the straight path from x′ to x; NaN until the path is done. */
  readonly integrated: readonly number[];
  /** f(x) − f(x with the filler there), the whole step at one time; NaN where not (yet) replaced. */
  readonly replaced?: readonly number[];
}

export interface TokenAttributionResult {
  /** f(x). */
  readonly value: number;
  /** f(x′). */
  readonly baselineValue: number;
  readonly tokens: TokenScores;
  /** In order of step, each step that has tokens. */
  readonly steps?: TokenScores & { readonly step: readonly number[] };
  /** Σ integrated − (f(x) − f(x′)): 0 in the limit of many points. */
  readonly completenessError: number;
  /**
   * Of tokens up to the last position that is read, against `replaced`; saliency has no sign and no unit of the scalar, so
   * it is held against |replaced| by rank alone.
   */
  readonly agreement?: {
    readonly saliency: Pick<Agreement, "n" | "spearman">;
    readonly gradientInput: Agreement;
    readonly integrated: Agreement;
  };
  readonly alarms: readonly AttributionAlarm[];
  /** Rows that went through the model, and how many there are. */
  readonly rowsDone: number;
  readonly rows: number;
  readonly evaluatedTokens: number;
  readonly elapsedMs: number;
}

// ── attribution patching ────────────────────────────────────────────────────────────────────────────────────

/**
 * Where the gradient is taken:
 *   prompt  in the prompt with its edits: the tangent of the exact cell
 *   donor   in the prompt that values come from (patch, resample), without edits
 *   path    the mean over `steps` midpoints between the two prompts' embeddings (integrated gradients over inputs)
 */
export type GradientPoint =
  | { readonly kind: "prompt" }
  | { readonly kind: "donor" }
  | { readonly kind: "path"; readonly steps: number };

/** Cells that are run exactly as well: the largest effects, and cells drawn from all that can have one, by the seed. */
export interface CellCheckRequest {
  readonly largest: number;
  readonly random: number;
  readonly seed: number;
}

export interface AttributionPatchingRequest extends SweepRequest {
  readonly at: GradientPoint;
  readonly check?: CellCheckRequest;
}

export interface CheckedCell {
  /** Row-major place in the grid. */
  readonly index: number;
  /** Metric of the cell. */
  readonly estimate: number;
  /** NaN until it was run. */
  readonly exact: number;
  /** Why it was chosen; a cell may be both. */
  readonly isLargest: boolean;
  readonly isRandom: boolean;
}

/** Agreements are those of effects (metric − base), over cells that were run. */
export interface CellCheck extends Agreements {
  readonly cells: readonly CheckedCell[];
}

/** As a sweep's, but `values` are the base plus the effect to first order; `cellsDone` counts estimates. */
export interface AttributionPatchingResult extends SweepResult {
  readonly order: "first";
  readonly at: GradientPoint;
  readonly alarms: readonly AttributionAlarm[];
  readonly check?: CellCheck;
}

// ── edges ───────────────────────────────────────────────────────────────────────────────────────────────────

/** What writes to the residual stream: the embeddings (positions included), a head, an MLP. */
export type EdgeSource =
  | { readonly kind: "embed" }
  | { readonly kind: "head"; readonly layer: number; readonly head: number }
  | { readonly kind: "mlp"; readonly layer: number };

/** What reads it: a head's queries, keys or values (key-value heads in k and v), an MLP, the final norm. */
export type EdgeInput =
  | { readonly kind: "q" | "k" | "v"; readonly layer: number; readonly head: number }
  | { readonly kind: "mlp"; readonly layer: number }
  | { readonly kind: "logits" };

/** One edge carries what the donor writes there, everything else as in the prompt; effects are metric − base. */
export interface EdgeEffect {
  readonly from: EdgeSource;
  readonly to: EdgeInput;
  /** To first order. */
  readonly estimate: number;
}

export interface CheckedEdge extends EdgeEffect {
  /** By path patching; NaN until it was run. */
  readonly exact: number;
  readonly isLargest: boolean;
  readonly isRandom: boolean;
}

export interface EdgeAttributionRequest extends OnModel {
  readonly prompt: NamedTokens;
  /** Of equal length: what edges carry when they are changed. */
  readonly donor: NamedTokens;
  /** Where the metric is read. */
  readonly position: number;
  readonly metric: Metric;
  readonly at: GradientPoint;
  /** Edges that are told, strongest first. */
  readonly most: number;
  /** Sizes k of graphs to keep: the k strongest edges as in the prompt, all others as in the donor. */
  readonly keep?: readonly number[];
  /** The null beside them: of each size so many graphs whose edges are drawn from all by the seed. */
  readonly randomGraphs?: { readonly draws: number; readonly seed: number };
  readonly check?: CellCheckRequest;
}

/** A model of which the k strongest edges are left. */
export interface KeptGraph {
  readonly kept: number;
  readonly metric: number;
  /** (metric − donor) / (base − donor): 1 with all edges, 0 with none. */
  readonly faithfulness: number;
}

export interface EdgeAttributionResult {
  readonly at: GradientPoint;
  /** The metric in the prompt, and in the donor. */
  readonly base: number;
  readonly donor: number;
  /** By |estimate|. */
  readonly edges: readonly EdgeEffect[];
  /** Of the whole graph. */
  readonly edgeCount: number;
  readonly graphs: readonly KeptGraph[];
  /** Size after size, draw after draw. */
  readonly randomGraphs: readonly KeptGraph[];
  readonly check?: Agreements & { readonly edges: readonly CheckedEdge[] };
  readonly alarms: readonly AttributionAlarm[];
  /** Walks back, layers of kept graphs, checked edges: how many are done, of how many. */
  readonly done: number;
  readonly total: number;
  readonly evaluatedTokens: number;
  readonly elapsedMs: number;
}
