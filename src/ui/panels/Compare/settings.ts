/** What the panel remembers and a link carries: flat plain data. What a link brings is checked where it is read. */
import type { ModelSlot } from "../../../protocol/analysis";

export const SIDES = ["left", "right"] as const;
export type SideName = (typeof SIDES)[number];

export const PROMPTS = ["this", "text"] as const;
export const STACKS = ["none", "current", "kept"] as const;
export const SLOTS = ["main", "other"] as const satisfies readonly ModelSlot[];
export const ALIGNMENTS = ["token", "position"] as const;
/** Curves over the pairs, beside the divergence. */
export const CURVES = ["logProb", "entropy"] as const;
export const ROW_CURVES = ["norm", "cosine"] as const;
export type RowCurve = (typeof ROW_CURVES)[number];
export type Curve = "kl" | (typeof CURVES)[number];

/** Until something is chosen: the model as it is beside the model with the edits of the page. */
export const DEFAULTS = {
  leftPrompt: "this",
  leftText: "",
  leftEdits: "none",
  leftModel: "main",
  rightPrompt: "this",
  rightText: "",
  rightEdits: "current",
  rightModel: "main",
  /** The stack that was kept as B, as JSON. */
  kept: "[]",
  align: "token",
  /** Index of the chosen pair where neither side is the page's own prompt; -1: the last. */
  pair: -1,
  curve: "logProb",
  /** Site of the signed difference without its layer; "" for none. */
  site: "resid_post",
  /** -1: all heads. */
  head: -1,
  /** What is drawn of whole rows of the difference. */
  rowCurve: "norm",
  /** The second model, so that a link's reader knows which one is meant. */
  secondKind: "",
  secondName: "",
  secondSha256: "",
};

export type Settings = typeof DEFAULTS;

export interface SideSettings {
  readonly prompt: (typeof PROMPTS)[number];
  readonly text: string;
  readonly stack: (typeof STACKS)[number];
  readonly slot: ModelSlot;
}

/** The value if it is one of the list, else the first of the list. */
export function oneOf<const T extends string>(list: readonly [T, ...T[]], value: string): T {
  return list.find((known) => known === value) ?? list[0];
}

export function sideSettings(view: Settings, side: SideName): SideSettings {
  return {
    prompt: oneOf(PROMPTS, view[`${side}Prompt`]),
    text: view[`${side}Text`],
    stack: oneOf(STACKS, view[`${side}Edits`]),
    slot: oneOf(SLOTS, view[`${side}Model`]),
  };
}
