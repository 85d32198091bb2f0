/** What a link carries of this panel, and the words of its choices. */
export const ATTENTION_DEFAULTS = {
  /** Heads at a glance: of the selected layer, or of all. Empty: of all, where that is quick. */
  glance: "",
  measure: "pattern",
  /** The enlarged matrix: one head, or the mean of the layer's heads. */
  heads: "one",
  drawing: "map",
  side: "now",
  stretched: false,
} as const;

export const GLANCES = ["layer", "model"] as const;
export type Glance = (typeof GLANCES)[number];
/** Patterns of all layers are read without being asked for up to this size. */
export const QUICK_BYTES = 64 * 2 ** 20;

/** What a cell (query, key) shows. */
export const MEASURES = ["pattern", "valueWeighted", "scores"] as const;
export type Measure = (typeof MEASURES)[number];

export const MEASURE_NAMES: Readonly<Record<Measure, string>> = {
  pattern: "attention weight",
  valueWeighted: "weight × norm of the value",
  scores: "score before softmax",
};

/** The same, beside a number. */
export const MEASURE_UNITS: Readonly<Record<Measure, string>> = {
  pattern: "weight",
  valueWeighted: "weight × norm",
  scores: "score",
};
