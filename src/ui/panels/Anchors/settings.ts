/** What a link carries of this panel. */
export const DEFAULTS = {
  rollouts: 20,
  /** The embedded models write nothing but their own steps at 1 and 2. */
  temperature: 3,
  topP: 0.95,
  seed: 1,
  maxTokens: 120,
  /** Of the residual stream that steps are compared by; −1: the middle one. */
  layer: -1,
  /** A written step counts as another one below this similarity. */
  threshold: 0.8,
  /** The start whose rollouts are listed. */
  start: 0,
  /** Of the suppressed distributions, as published. */
  suppressTemperature: 0.6,
  /** Columns are scored by what looks at them from at least so far. */
  distance: 4,
  ranked: false,
  /** "layer.head"; empty: the first of the list. */
  head: "",
} as const;

export type Settings = {
  -readonly [K in keyof typeof DEFAULTS]: (typeof DEFAULTS)[K] extends number
    ? number
    : (typeof DEFAULTS)[K] extends boolean
      ? boolean
      : string;
};
