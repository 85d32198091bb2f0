/**
 * Changes to a model while it runs, in two forms.
 *
 * An *edit* is what a visitor asks for: it names sites, heads, positions and where values come from; it is plain
 * data, shown as a chip and carried by links. The engine resolves a stack of edits, in order, to tokens and
 * *interventions*: what one row of a run applies to its own activations, with every value at hand.
 */
import type { BlockSiteName, Site } from "./sites";

/** Positions of a row: a list of them, or from one on (during generation: every later token too). */
export type Positions = readonly number[] | { readonly from: number };

/** Which elements of a site are touched; what is left out means all. */
export interface Where {
  readonly site: Site;
  /** Heads, for sites with a head axis (key-value heads in attn.k, attn.rot_k and attn.v). */
  readonly heads?: readonly number[];
  /** Indices within the last axis: neurons, residual dimensions, dimensions of a head. */
  readonly dims?: readonly number[];
  readonly positions?: Positions;
}

/** x becomes keep · x + values: every edit but attention knock-out comes down to this. */
export interface AffineChange extends Where {
  readonly kind: "affine";
  /** 0 drops what was there, whatever it was. */
  readonly keep: number;
  /**
   * Added to the chosen elements, f32 [n, width]: row i for position `valuePositions[i]`, or its only row for every
   * position. `width` is that of the whole site at one position (heads · dHead where it has heads; for
   * attn.scores and attn.pattern heads · keys, by key position). Absent: nothing is added.
   */
  readonly values?: Float32Array<ArrayBuffer>;
  /** Positions that have values of their own; others are left alone. */
  readonly valuePositions?: readonly number[];
}

/** Chosen queries do not see chosen keys, in chosen heads of a layer. A token always sees itself. */
export interface KnockOut {
  readonly kind: "knockOut";
  readonly layer: number;
  readonly heads?: readonly number[];
  readonly queries?: Positions;
  readonly keys?: Positions;
}

/** Pairs of positions: each of these queries with each of these keys. */
export interface AttentionPairs {
  /** Absent: every query. */
  readonly queries?: Positions;
  /** Absent: every key; "self": the query's own position. */
  readonly keys?: Positions | "self";
}

/**
 *   hide   the queries of each pair do not see its keys
 *   only   queries that a pair names see the keys of their pairs and no others; other queries see what they saw
 */
export const MASK_OPS = ["hide", "only"] as const;
/**
 * What a query attends to that sees no key at all: nothing (a row of zeros in the pattern, so that z is 0), or to every key
 * that the model would show it, alike (what softmax makes of scores that all have one large negative number).
 */
export const EMPTY_ROWS = ["zeros", "uniform"] as const;

/** A mask over positions, in chosen heads of a layer; it can hide a token from itself. It never shows what is out of sight. */
export interface AttentionMask {
  readonly kind: "mask";
  readonly layer: number;
  readonly heads?: readonly number[];
  readonly pairs: readonly AttentionPairs[];
  readonly op: (typeof MASK_OPS)[number];
  readonly empty: (typeof EMPTY_ROWS)[number];
}

/** Scores at chosen pairs become the value, or get it added; pairs out of sight are left alone. */
export interface ScoreChange {
  readonly kind: "score";
  readonly layer: number;
  readonly heads?: readonly number[];
  readonly pairs: readonly AttentionPairs[];
  readonly op: (typeof SCORE_OPS)[number];
  readonly value: number;
}
export const SCORE_OPS = ["set", "add"] as const;

export const LATENT_OPS = ["ablate", "clamp", "scale", "add"] as const;
/** z becomes 0, amount, amount · z, or z + amount. */
export type LatentOp = (typeof LATENT_OPS)[number];

/**
 * Latents of an attached autoencoder are changed where it writes. With its error term kept, x becomes
 * x + (z′ − z) · decoder; dropped, x becomes the reconstruction from z′ (without changes: from z).
 */
export interface LatentChange {
  readonly kind: "latents";
  /** `SaeInfo.id`. */
  readonly sae: number;
  /** Each latent at most once. */
  readonly changes: readonly { readonly latent: number; readonly op: LatentOp; readonly amount: number }[];
  readonly error: "kept" | "dropped";
  readonly positions?: Positions;
}

export type Intervention = AffineChange | KnockOut | AttentionMask | ScoreChange | LatentChange;

/** A text by its tokens; the text is for people. */
export interface NamedTokens {
  readonly text: string;
  readonly tokens: readonly number[];
}

/** Several texts under one name: what a mean is taken over, where resampling draws from. */
export interface PromptSet {
  readonly name: string;
  readonly prompts: readonly NamedTokens[];
}

/** Sites that an edit can name, without their layer. */
export type EditSite =
  BlockSiteName | "embed" | "pos_embed" | "ln_final.scale" | "ln_final.normalized" | "logits";

interface InLayers {
  /** Absent: every layer. */
  readonly layers?: readonly number[];
}

interface InHeads extends InLayers {
  readonly heads?: readonly number[];
}

/** Layers are of a block's site. */
interface AtSite extends InLayers {
  readonly site: EditSite;
  readonly heads?: readonly number[];
  readonly dims?: readonly number[];
  readonly positions?: Positions;
}

interface Replacement extends AtSite {
  /** From 0 (nothing changes) to 1 (replaced): x becomes (1 - strength) x + strength · value. */
  readonly strength: number;
}

export type Direction =
  /** Mean activation of the site over the tokens of `plus`, minus that of `minus`: of the last token, or of all. */
  | {
      readonly kind: "difference";
      readonly plus: NamedTokens;
      readonly minus: NamedTokens;
      readonly over: "last" | "all";
    }
  /** Numbers from a file, as wide as the site. */
  | { readonly kind: "vector"; readonly name: string; readonly values: readonly number[] };

/** What each kind of edit says: the one place in which a kind is declared. Links carry these names. */
interface EditFields {
  readonly zero: Replacement;

  /** The mean of the site over every token of a set of prompts (or over those at the same position). */
  readonly mean: Replacement & { readonly over: PromptSet; readonly by: "token" | "position" };

  /** The site as it is in one prompt of a set, drawn by the seed, at the same position. */
  readonly resample: Replacement & { readonly from: PromptSet; readonly seed: number };

  /**
   * The site as it is in another prompt. Aligned by position, or by token: the n-th occurrence of a token takes the
   * value of its n-th occurrence there; tokens without a partner are left alone.
   */
  readonly patch: Replacement & { readonly from: NamedTokens; readonly align: "position" | "token" };

  readonly scale: AtSite & { readonly factor: number };

  /** Adds coefficient · direction. */
  readonly add: AtSite & { readonly coefficient: number; readonly direction: Direction };

  readonly knockOut: InHeads & { readonly queries?: Positions; readonly keys?: Positions };

  /** A mask by position, for models that were trained with one of their own. */
  readonly mask: InHeads & Pick<AttentionMask, "pairs" | "op" | "empty">;

  /** Scores by position. */
  readonly score: InHeads & Pick<ScoreChange, "pairs" | "op" | "value">;

  /** Another token in the prompt itself; `text` is the new token's, for people. */
  readonly token: { readonly position: number; readonly token: number; readonly text: string };

  /** Attention patterns, or the scales of all norms, as they are in the run without any edit. */
  readonly freeze: InLayers & { readonly what: "patterns" | "norms" };

  /** Latents of an autoencoder, which is named by its weights: its number is given anew at every visit. */
  readonly latent: Pick<LatentChange, "error" | "positions"> & {
    readonly sae: { readonly name: string; readonly sha256: string };
    /** None, with the error term dropped: the reconstruction takes the activation's place. */
    readonly latents: readonly number[];
    readonly op: LatentOp;
    readonly amount: number;
  };
}

export type EditKind = keyof EditFields;

/** Everything of an edit but what the stack itself keeps: of any kind, or of one. */
export type NewEdit<K extends EditKind = EditKind> = {
  [Kind in K]: { readonly kind: Kind } & EditFields[Kind];
}[K];

/** An edit of a stack, of any kind, or of one. */
export type Edit<K extends EditKind = EditKind> = NewEdit<K> & {
  /** Tells chips apart; chosen by the page, unique in a stack. */
  readonly id: string;
  readonly on: boolean;
};

/** Tokens as the model reads them, and what is changed on the way. */
export interface EditedPrompt {
  readonly tokens: readonly number[];
  readonly edits?: readonly Edit[];
  /** Edits of a text that `tokens` are parts of: they meet the same tokens here as there. */
  readonly under?: EditsOfText;
}

/** Edits that name positions of a text, for a row that has its tokens elsewhere, or others in their place. */
export interface EditsOfText {
  readonly edits: readonly Edit[];
  readonly text: readonly number[];
  /** Of each token of the row its position in the text; a fraction, behind that of the token before, where it has none. */
  readonly origins: readonly number[];
  /** Positions of the row that later tokens do not see. */
  readonly hidden?: readonly number[];
}
