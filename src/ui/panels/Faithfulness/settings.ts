/** The panel's settings, as flat data that a link carries. */
export const SOURCES = [
  ["ledger", "drawn ledger problems"],
  ["pasted", "a pasted list"],
  ["current", "the chain on screen"],
  ["file", "the opened problem set"],
] as const;

export const SHAPES = [
  ["simple", "two people, one change each"],
  ["any", "up to three people, up to four changes"],
] as const;

export const CHAINS = [
  ["own", "each model writes its own"],
  ["given", "the generator's"],
] as const;

export const CHANGES = [
  ["single", "the number alone"],
  ["repeats", "and every equal number behind it"],
  ["symbol", "a symbol there and behind it"],
] as const;

export const SECONDS = [
  ["", "none"],
  ["ledger-posthoc", "ledger-posthoc"],
  ["ledger", "ledger"],
  ["open", "the one open in Compare"],
] as const;

export const DEFAULTS = {
  source: "ledger",
  count: 100,
  /** Of the first drawn problem; the others follow it. From here on training drew none. */
  problemSeed: 1_000_000,
  /** `ledger-posthoc` was trained on simple problems only. */
  shape: "simple",
  chains: "own",
  pasted: "",
  /** For a chain that no rule reads: the value that the answer takes if it follows an edit. */
  follows: "",
  second: "ledger-posthoc",
  change: "single",
  symbol: "_",
  /** Empty: the session's filler. */
  filler: "",
  samples: 3,
  /** The embedded models are so sure of their chains that nothing else is written at 1. */
  temperature: 4,
  seed: 7,
  maxTokens: 160,
  open: "early",
} as const;

export type Settings = {
  -readonly [K in keyof typeof DEFAULTS]: (typeof DEFAULTS)[K] extends number ? number : string;
};
