/** What of the panel a link carries, and what can be chosen. */

/** Settings with their defaults. */
export const LENS_DEFAULTS = {
  colour: "top",
  side: "now",
  measure: "probability",
  /** Positions that the heatmap shows at a time. */
  columns: 16,
  /** Typed by the visitor; empty: what the model expects most. */
  target: "",
  /** Typed; empty: no difference of two logits. */
  minus: "",
  /** The chosen row: a residual site; empty: the last. */
  row: "",
} as const;

/** What colours a cell. */
export const COLOURS = ["top", "target", "rank", "entropy"] as const;
export type Colour = (typeof COLOURS)[number];

export const COLOUR_NAMES: Readonly<Record<Colour, string>> = {
  top: "probability of the top token",
  target: "probability of the target",
  rank: "rank of the target",
  entropy: "entropy",
};

/** What the curve through the layers shows. */
export const MEASURES = ["probability", "logProb", "rank"] as const;
export type Measure = (typeof MEASURES)[number];

export const MEASURE_NAMES: Readonly<Record<Measure, string>> = {
  probability: "probability",
  logProb: "log p, nats",
  rank: "rank, log₁₀(1 + rank)",
};

export const COLUMN_CHOICES = [8, 16, 32, 64] as const;
