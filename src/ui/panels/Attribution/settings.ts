/** What of the panel a link carries, and what can be chosen. */

export const ATTRIBUTION_DEFAULTS = {
  method: "integrated",
  /** Typed by the visitor; empty: what the model expects most. */
  target: "",
  /** Typed; empty: log p, not the difference of two logits. */
  minus: "",
  baseline: "zero",
  /** Parts of the path of integrated gradients: with 16 they miss most of the difference on the example that opens. */
  steps: 64,
  /** Every token replaced in a run of its own. */
  replace: true,
  order: "size",
} as const;

export const METHODS = ["integrated", "gradientInput", "saliency"] as const;
export type Method = (typeof METHODS)[number];

export const METHOD_NAMES: Readonly<Record<Method, string>> = {
  integrated: "integrated gradients",
  gradientInput: "gradient × input",
  saliency: "saliency",
};

export const BASELINES = ["zero", "mean", "filler"] as const;
export type Baseline = (typeof BASELINES)[number];

export const BASELINE_NAMES: Readonly<Record<Baseline, string>> = {
  zero: "zero embeddings",
  mean: "the prompt's mean embedding",
  filler: "the filler token",
};

export const STEP_CHOICES = [4, 16, 64, 256] as const;

export const ORDERS = ["size", "replaced", "text"] as const;
export type Order = (typeof ORDERS)[number];

export const ORDER_NAMES: Readonly<Record<Order, string>> = {
  size: "largest score first",
  replaced: "most lost first",
  text: "as in the text",
};
