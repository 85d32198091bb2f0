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
  /** How the stream is read. */
  reading: "logit",
  /** The file that the Jacobian lens came from; empty: it was fitted here, as the next settings say. */
  lensFile: "",
  texts: "ledger",
  problems: 8,
  textSeed: 0,
  longest: 128,
  skipFirst: 16,
  /** Texts that the lens is judged on, of the generator; they begin at another seed than those of the fit. */
  judgeProblems: 20,
  judgeSeed: 50_000,
  judged: "kl",
} as const;

/** How the residual stream is read. */
export const READINGS = ["logit", "jacobian"] as const;
export type Reading = (typeof READINGS)[number];
export const READING_NAMES: Readonly<Record<Reading, string>> = {
  logit: "the logit lens",
  jacobian: "a Jacobian lens",
};

/** Where texts come from. */
export const TEXT_SOURCES = ["ledger", "files", "typed"] as const;
export type TextSource = (typeof TEXT_SOURCES)[number];
export const TEXT_SOURCE_NAMES: Readonly<Record<TextSource, string>> = {
  ledger: "problems of the ledger generator",
  files: "files of your own",
  typed: "texts that are typed, one a line",
};

/** What the lens is judged by. */
export const JUDGED = ["kl", "agreesWithModel", "agreesWithNext"] as const;
export type Judged = (typeof JUDGED)[number];
export const JUDGED_NAMES: Readonly<Record<Judged, string>> = {
  kl: "KL(model ‖ lens), nats",
  agreesWithModel: "top token is the model's, share",
  agreesWithNext: "top token is that of the next layer, share",
};

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
