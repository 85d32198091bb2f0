/** The panel's settings, as flat data that a link carries, and the presets that set several at once. */

export const AXES = [
  ["position", "one site: layer × position"],
  ["head", "heads: layer × head"],
  ["part", "heads, attention, MLP: layer × part"],
  ["neuron", "neurons of one layer"],
  ["site", "a list of sites"],
] as const;
export type Axes = (typeof AXES)[number][0];

export const POSITION_SITES = ["resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_out"] as const;
export const HEAD_SITES = ["attn.z", "attn.q", "attn.k", "attn.v", "attn.pattern"] as const;

export const CHANGES = [
  ["patch", "patch: its value in the other prompt"],
  ["zero", "zero"],
  ["mean", "mean over a set of prompts"],
  ["resample", "resample: its value in a prompt drawn from a set"],
] as const;
export type Change = (typeof CHANGES)[number][0];

export const SHOWN = [
  ["change", "change of the metric"],
  ["share", "share of the way to the other prompt"],
  ["metric", "the metric itself"],
] as const;
export type Shown = (typeof SHOWN)[number][0];

export const ORDERS = [
  ["exact", "exact: one run a cell"],
  ["first", "first order: one gradient for all cells"],
] as const;

/** Empty texts mean: what the page suggests. */
export const DEFAULTS = {
  axes: "position",
  positionSite: "resid_pre",
  headSite: "attn.z",
  layer: 0,
  /** Lists of indices as people write them: "all", "0-7, 12". */
  neurons: "all",
  positions: "all",
  sites: "",
  change: "patch",
  other: "",
  set: "",
  seed: 7,
  metric: "logitDifference",
  target: "",
  minus: "",
  /** "auto": before the answer, else the last token; "at": `position`. */
  readAt: "auto",
  position: 0,
  shown: "change",
  order: "exact",
  /** First order: where the gradient is taken, in how many steps along a path, and how many cells are run as well. */
  gradientAt: "prompt",
  pathSteps: 8,
  checkLargest: 8,
  checkRandom: 8,
} as const;

export type Settings = {
  -readonly [K in keyof typeof DEFAULTS]: (typeof DEFAULTS)[K] extends number ? number : string;
};

export interface Preset {
  readonly title: string;
  readonly note: string;
  readonly set: Partial<Settings>;
}

/** The classic figures. `layer` is the one that views are about. */
export function presets(layer: number): Preset[] {
  return [
    {
      title: "Causal trace",
      note: "residual stream, layer × position, patched from the other prompt",
      set: { axes: "position", positionSite: "resid_pre", change: "patch", positions: "all" },
    },
    {
      title: "Head patching",
      note: "output of each head, patched from the other prompt",
      set: { axes: "head", headSite: "attn.z", change: "patch", positions: "all" },
    },
    {
      title: "Zero every head",
      note: "output of each head set to zero",
      set: { axes: "head", headSite: "attn.z", change: "zero", positions: "all" },
    },
    {
      title: "Mean-ablate heads and MLPs",
      note: "each head, attention and MLP replaced by its mean over a set of prompts",
      set: { axes: "part", change: "mean", positions: "all" },
    },
    {
      title: `Neurons of layer ${layer}`,
      note: "each neuron's output set to zero",
      set: { axes: "neuron", layer, neurons: "all", change: "zero", positions: "all" },
    },
  ];
}

export function matches(settings: Settings, { set }: Preset): boolean {
  return Object.entries(set).every(([name, value]) => settings[name as keyof Settings] === value);
}
