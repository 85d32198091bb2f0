/** What a link carries of this panel. The autoencoder is named by its weights: its number is another at every visit. */
export const FEATURES_DEFAULTS = {
  /** SHA-256; empty: the first that is attached. */
  sae: "",
  latent: -1,
  /** Of TopK; 0: the trained one. */
  k: 0,
  /** Matryoshka: how many of the first latents are used; 0: all. */
  prefix: 0,
  scope: "position",
  rank: "value",
} as const;

/** Which positions are ranked. */
export const SCOPES = ["position", "prompt"] as const;
export type Scope = (typeof SCOPES)[number];
export const SCOPE_NAMES: Readonly<Record<Scope, string>> = {
  position: "the pinned position",
  prompt: "the whole prompt",
};

export const RANKS = ["value", "change"] as const;
export type Rank = (typeof RANKS)[number];
export const RANK_NAMES: Readonly<Record<Rank, string>> = {
  value: "activation",
  change: "change by the edits",
};
