/**
 * Attribution graphs: which latents of attached dictionaries, errors and tokens a prediction comes from, and through what.
 * An edge is the direct effect of one node on another in the model made linear at this prompt: attention patterns and what
 * norms divide by are held constant, and what an MLP computes is replaced by its dictionary's latents and an error.
 */
import type { OnModel } from "../analysis";
import type { Agreements, AttributionAlarm } from "./attributions";
import type { FrozenPart } from "./gradients";
import type { EditedPrompt } from "../interventions";
import type { Site } from "../sites";

/** Ids index `nodes`; sources come before what they act on. */
export type GraphNode = (
  | { readonly kind: "token"; readonly token: number }
  | { readonly kind: "latent"; readonly sae: number; readonly latent: number; readonly activation: number }
  /** What the dictionary misses at its output site: the true activation minus the reconstruction. */
  | { readonly kind: "error"; readonly site: Site }
  | { readonly kind: "logit"; readonly token: number; readonly probability: number }
) & {
  /** Of the site that it writes; -1 for tokens, nLayers for logits. */
  readonly layer: number;
  readonly position: number;
  /** Share of the targets' absolute input that passes this node, over all paths: 0 to 1. */
  readonly influence: number;
};

/** `weight`: what the source adds to the target (a pre-activation, or a logit with the mean logit taken off). */
export interface GraphLink {
  readonly source: number;
  readonly target: number;
  readonly weight: number;
}

export interface AttributionGraphRequest extends OnModel {
  readonly prompt: EditedPrompt;
  /** Attached dictionaries: transcoders of MLPs, cross-layer transcoders, or autoencoders of the residual stream. */
  readonly saes: readonly number[];
  /** Where the logits are read: the last position if left out. */
  readonly position?: number;
  /** What is explained; if left out the most likely tokens that hold `mass` together, at most `mostTargets`. */
  readonly targets?: readonly number[];
  readonly mass: number;
  readonly mostTargets: number;
  /** Latents that are taken in, those of largest influence first. */
  readonly mostLatents: number;
  /** Share of influence that the kept nodes, and then the kept links, hold together: 0 to 1. */
  readonly nodeThreshold: number;
  readonly linkThreshold: number;
  /** Kept latents that are ablated in runs of their own: the most influential, and others drawn by the seed. */
  readonly check?: { readonly largest: number; readonly random: number; readonly seed: number };
}

/** As circuit-tracer has them, but for fewer latents. */
export const GRAPH_DEFAULTS = {
  ...{ mass: 0.95, mostTargets: 10, mostLatents: 1024 },
  ...{ nodeThreshold: 0.8, linkThreshold: 0.98 },
} as const satisfies Partial<AttributionGraphRequest>;

/** A latent set to zero in the true model, against what the graph says of it. */
export interface CheckedNode {
  /** Index into `nodes`. */
  readonly node: number;
  /** Change of the first target's logit (mean taken off) by all paths of the linear graph. */
  readonly estimate: number;
  /** The same in the model; NaN until it was run. */
  readonly exact: number;
  readonly isLargest: boolean;
  readonly isRandom: boolean;
}

/** How much of what reaches the targets is explained. */
export interface GraphScores {
  /** Influence of tokens ÷ that of tokens and errors, over whole paths. */
  readonly replacement: number;
  /** Input of nodes that does not come from errors, weighted by the nodes' influence; tokens and errors have none and lack none. */
  readonly completeness: number;
}

export interface AttributionGraphResult {
  readonly tokens: readonly number[];
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
  /** Before anything was pruned. */
  readonly whole: { readonly nodes: number; readonly links: number; readonly scores: GraphScores };
  /** Of what is told here: what was pruned counts as error. */
  readonly scores: GraphScores;
  /** Active latents of the dictionaries, and those that were taken in. */
  readonly activeLatents: number;
  readonly usedLatents: number;
  readonly frozen: readonly FrozenPart[];
  readonly check?: Agreements & { readonly nodes: readonly CheckedNode[] };
  readonly alarms: readonly AttributionAlarm[];
  /** Walks back and checked nodes: how many are done, of how many. */
  readonly done: number;
  readonly total: number;
  readonly evaluatedTokens: number;
  readonly elapsedMs: number;
}
