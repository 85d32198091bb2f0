/**
 * Whether to believe a sparse autoencoder: an explanation of one latent by tokens and how far it goes, probes for a label
 * that somebody gave, and how sound its magnitudes are. The model is read as it is, without edits.
 */
import type { OnSae } from "./features";

/** Texts by their tokens. */
export interface Contexts {
  readonly contexts: readonly (readonly number[])[];
  /** Put before every context (a BOS token), and never counted. */
  readonly before: readonly number[];
}

// ── N2G ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** A context, and the position of the activation that it stands for. */
export interface N2gExample {
  readonly tokens: readonly number[];
  readonly at: number;
}

export interface N2gRequest extends OnSae {
  readonly latent: number;
  /** What the explanation is made from. */
  readonly examples: readonly N2gExample[];
  /** What it is tried on. */
  readonly heldOut: readonly (readonly number[])[];
  readonly before: readonly number[];
  /** Takes the place of a token that is left out; absent: the tokenizer's " _", "_", padding or EOS token. */
  readonly padToken?: number;
}

/** Matches any token, in `N2gNode.token`. */
export const N2G_ANY = -1;
/** Matches the place before the first token. */
export const N2G_START = -2;

/**
 * A trie over reversed tokens: the root's children match the token at which the latent is active, theirs the token
 * before, and so on. Where a node has a value the pattern ends, and the latent is predicted to have that value.
 */
export interface N2gNode {
  /** A token id, N2G_ANY or N2G_START; of the root N2G_ANY, which matches nothing. */
  readonly token: number;
  readonly value?: number;
  readonly children: readonly N2gNode[];
}

/** What became of one example. */
export interface N2gPattern {
  /** Index into the request's examples. */
  readonly example: number;
  /** The shortest suffix that keeps half of the activation. */
  readonly tokens: readonly number[];
  /** Of each token: 1 − activation with the pad token in its place / activation. Below 0.5: a wildcard. */
  readonly saliency: readonly number[];
  /** It must stand at the start of a text: with the pad token before it, half of the activation is lost. */
  readonly atStart: boolean;
  readonly value: number;
}

/** Counted over tokens; NaN where there is nothing to divide by. */
export interface Detection {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly actual: number;
  readonly predicted: number;
  readonly both: number;
}

export interface N2gResult {
  readonly padToken: number;
  readonly root: N2gNode;
  readonly patterns: readonly N2gPattern[];
  /** Examples at which the latent is not active at all. */
  readonly skipped: number;
  /** On held-out tokens: active is a value above 0; predicted is a prediction above 0. */
  readonly positive: Detection;
  /** Active is a value of at least `halfMax`, predicted a prediction of at least that. */
  readonly strong: Detection;
  /** Half of the largest activation that the examples stand for. */
  readonly halfMax: number;
  /** Held-out tokens. */
  readonly tokens: number;
  /** Values and predictions at each held-out token. */
  readonly heldOut: readonly { readonly values: Float32Array; readonly predictions: Float32Array }[];
}

/** What the model loses when predictions take the latent's place; everything else at the site stays. */
export interface SimulateRequest extends OnSae {
  readonly latent: number;
  readonly root: N2gNode;
  /** What the bigram baseline learns from. */
  readonly training: readonly (readonly number[])[];
  readonly heldOut: readonly (readonly number[])[];
  readonly before: readonly number[];
}

export interface Simulated {
  /** Mean −log p of the held-out contexts' next tokens, nats. */
  readonly loss: number;
  /** Less the loss with the real values. */
  readonly change: number;
  /**
   * (loss with zero − this loss) / (loss with zero − loss with the real values); NaN where
   * zero is no worse than the real values, or by less than 1e-6. It
   * says little where they are near: look at the changes.
   */
  readonly recovered: number;
  /** Pearson's, between these values and the real ones, over held-out tokens. */
  readonly correlation: number;
}

export interface SimulateResult {
  readonly real: Simulated;
  readonly zero: Simulated;
  /**
   * The mean value that this pair of tokens (the one before, this one) had in `training`; of a pair not seen there the
   * mean of the token; of a token not seen there 0.
   */
  readonly bigram: Simulated;
  readonly simulated: Simulated;
  /** Predictions of next tokens that the losses are means over. */
  readonly n: number;
}

// ── probes ──────────────────────────────────────────────────────────────────────────────────────────────────

/** A token that has a label, or has it not. */
export interface LabelledToken {
  readonly context: number;
  readonly position: number;
  readonly label: boolean;
}

export interface ProbeRequest extends OnSae, Contexts {
  readonly labels: readonly LabelledToken[];
  /** Share of the labelled tokens, or contexts, that probes are tested on. */
  readonly testShare: number;
  readonly splitBy: "token" | "context";
  readonly seed: number;
  /** λ of λ/2 · w², w in units of one standard deviation, added to the mean loss. */
  readonly ridge: number;
}

/** Of one set of tokens. */
export interface ProbeScore {
  /** Mean −log p of the labels, nats, without the ridge. */
  readonly loss: number;
  /** Of predictions at p ≥ 0.5. */
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly n: number;
  readonly positives: number;
}

export interface Probe {
  readonly train: ProbeScore;
  readonly test: ProbeScore;
}

/** p = 1 / (1 + exp(−(weight · value + bias))), for the latent or channel whose training loss is least. */
export interface SingleProbe extends Probe {
  readonly index: number;
  readonly weight: number;
  readonly bias: number;
  /** The next best, with their training losses. */
  readonly next: readonly { readonly index: number; readonly loss: number }[];
  /** Columns that were fitted; the others could not have been better. */
  readonly fitted: number;
}

export interface ProbeResult {
  readonly latent: SingleProbe;
  /** Of what the autoencoder reads. */
  readonly channel: SingleProbe;
  /** All of its channels at once. */
  readonly linear: Probe;
  /** Without any input: the share of positive labels in training. */
  readonly base: Probe;
}

// ── magnitudes and dead latents ─────────────────────────────────────────────────────────────────────────────

export interface SaeQualityRequest extends OnSae, Contexts {}

export interface Shrinkage {
  /** Of active values: mean of refit / value, and Σ refit / Σ value. Above 1: the values were too small. */
  readonly meanRatio: number;
  readonly ratioOfSums: number;
  /** Share of active values that the refit raised, and that it set to 0. */
  readonly raised: number;
  readonly removed: number;
  /** Fraction of variance unexplained with the values as they are, and refitted. */
  readonly fvuBefore: number;
  readonly fvuAfter: number;
  /** Tokens, and active values. */
  readonly n: number;
  readonly active: number;
  /** Tokens whose refit was stopped before it settled. */
  readonly unfinished: number;
}

export interface SaeQualityResult {
  readonly shrinkage: Shrinkage;
  /** Latents whose value exceeds 1e-3 at no token. */
  readonly dead: number;
  readonly tokens: number;
}
