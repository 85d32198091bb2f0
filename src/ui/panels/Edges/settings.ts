/** What of the panel a link carries, as flat plain data. Empty texts mean: what the page suggests. */

export const EDGES_DEFAULTS = {
  other: "",
  metric: "logitDifference",
  target: "",
  minus: "",
  /** In the prompt alone estimates are far off on a ledger chain (relative error 0.77 against 0.13). */
  gradientAt: "path",
  pathSteps: 8,
  /** Edges that are drawn, strongest first. */
  drawn: 30,
  checkLargest: 8,
  checkRandom: 8,
  /** Of drawn checks and of random graphs. */
  seed: 7,
  /** Random graphs of each size. */
  draws: 2,
  /** The node that is chosen, by its key. */
  node: "",
} as const;

export type Settings = {
  -readonly [K in keyof typeof EDGES_DEFAULTS]: (typeof EDGES_DEFAULTS)[K] extends number ? number : string;
};

/** Edges that can be drawn, and that the engine tells. */
export const FEWEST_DRAWN = 5;
export const MOST_DRAWN = 200;

/** Sizes of graphs that are kept. */
export const KEPT_SIZES = [1, 2, 5, 10, 20, 50, 100, 200] as const;
