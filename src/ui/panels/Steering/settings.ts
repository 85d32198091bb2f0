/** What a share link carries of the panel. */
import type { Views } from "../../state/views.svelte";

export const SOURCES = ["ledger", "own", "file"] as const;
export type Source = (typeof SOURCES)[number];
export const SOURCE_NAMES: Readonly<Record<Source, string>> = {
  ledger: "word problems: gain − loss",
  own: "pairs of my own",
  file: "directions from a file",
};

export const OVERS = ["last", "all"] as const;
export const OVER_NAMES = { last: "the last token", all: "all tokens, their mean" } as const;
export const AT_NAMES = { all: "every token", last: "the last token" } as const;
export const METHOD_NAMES = {
  meanDifference: "mean difference",
  component: "first principal component",
} as const;
export const CENTRING_NAMES = { none: "around zero", mean: "around their mean" } as const;
export const LENGTH_NAMES = { meanDifference: "of the mean difference", unit: "1" } as const;

export const METRICS = ["logitDifference", "logProb", "probability"] as const;
export const METRIC_NAMES = {
  logitDifference: "logit difference",
  logProb: "log p",
  probability: "probability",
} as const;

export const MEASURED = ["pairs", "prompt"] as const;
export const MEASURED_NAMES = { pairs: "held-out pairs", prompt: "the page’s prompt" } as const;

/** No layer is chosen: the one with the largest effect is shown. */
export const AUTO_LAYER = -1;
/** Strengths that the slider reaches, each way. */
export const MOST_STRENGTH = 4;

export const STEERING_DEFAULTS = {
  source: "ledger",
  /** Typed pairs, one a line. */
  pairs: "",
  count: 48,
  firstSeed: 1,
  site: "resid_post",
  over: "last",
  method: "meanDifference",
  centring: "none",
  length: "meanDifference",
  testShare: 0.25,
  seed: 1,
  metric: "logitDifference",
  target: "",
  minus: "",
  measured: "pairs",
  /** Prompts that the effect is measured on, at most. */
  prompts: 8,
  at: "all",
  strengths: [-2, -1, -0.5, 0, 0.5, 1, 2] as readonly number[],
  controls: 2,
  layer: AUTO_LAYER,
  strength: 1,
} as const satisfies Parameters<Views["of"]>[1];

export type Settings = ReturnType<typeof settingsOf>;
export const settingsOf = (views: Views) => views.of("Steering", STEERING_DEFAULTS);

/** Strengths as they are typed; undefined where they are no numbers. */
export function readStrengths(text: string): number[] | undefined {
  const parts = text
    .replaceAll("−", "-")
    .split(/[\s,;]+/)
    .filter(Boolean);
  const values = parts.map(Number);
  const isGood = values.length > 0 && values.length <= 41 && values.every((one) => Math.abs(one) <= 1000);
  return isGood ? [...new Set(values)].sort((a, b) => a - b) : undefined;
}
