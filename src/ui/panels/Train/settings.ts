/** What of the panel a link carries: the settings of a run, not what it learned. */

export const TRAIN_DEFAULTS = {
  kind: "residual",
  /** Layers, as a list of numbers and ranges; empty: the middle one. */
  layers: "",
  nLatents: 512,
  k: 8,
  texts: "ledger",
  problems: 2000,
  textSeed: 5000,
  contextSize: 128,
  steps: 400,
  batch: 1024,
  rate: 0.002,
  auxK: 48,
  deadAfter: 100_000,
  seed: 1,
  /** Which of the curves is drawn. */
  curve: "heldOut",
} as const;

/** What learns: an autoencoder of the residual stream after a block, or a transcoder of a block's MLP. */
export const KINDS = ["residual", "transcoder"] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  residual: "autoencoder of the residual stream",
  transcoder: "transcoder of the MLP",
};

export const CURVES = ["heldOut", "loss", "dead", "gradientLength"] as const;
export type Curve = (typeof CURVES)[number];

export const CURVE_NAMES: Readonly<Record<Curve, string>> = {
  heldOut: "variance unexplained, texts kept apart",
  loss: "variance unexplained, the step’s own texts",
  dead: "dead latents",
  gradientLength: "length of the gradient",
};
