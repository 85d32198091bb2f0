/** What a link carries of this panel. The autoencoder and the latent are in the session's selection. */
import type { Session } from "../../state/session.svelte";

/** What the left side shows. */
export const PARTS = ["text", "search", "labels", "corpus", "judge"] as const;
export type Part = (typeof PARTS)[number];
export const PART_NAMES: Readonly<Record<Part, string>> = {
  text: "On the text",
  search: "Search",
  labels: "Labels",
  corpus: "Corpus",
  judge: "Judge",
};

/** Which positions are ranked. */
export const SCOPES = ["position", "step", "span", "prompt"] as const;
export type Scope = (typeof SCOPES)[number];
export const SCOPE_NAMES: Readonly<Record<Scope, string>> = {
  position: "the pinned position",
  step: "a step",
  span: "a span",
  prompt: "the whole text",
};

export const RANKS = ["value", "gradient", "direct", "ablation", "change"] as const;
export type Rank = (typeof RANKS)[number];
export const RANK_NAMES: Readonly<Record<Rank, string>> = {
  value: "activation",
  gradient: "gradient × activation",
  direct: "direct effect on a logit",
  ablation: "ablation effect on a logit",
  change: "change by the edits",
};

/** Where the gradient is taken: 0 in the prompt, else the mean over so many points of the path from no latents. */
export const GRADIENT_POINTS = [0, 8, 32] as const;
export const GRADIENT_POINT_NAMES: Readonly<Record<string, string>> = {
  0: "in the prompt as it is",
  8: "mean of 8 points, latents growing from 0",
  32: "mean of 32 points, latents growing from 0",
};
/** Latents that are ablated as a check: so many of the largest scores, and as many drawn. */
export const CHECK_CHOICES = [0, 4, 8, 16, 32] as const;

/** Candidates whose effects are measured: each is a run of its own. */
export const MOST_CHOICES = [8, 16, 32, 64] as const;

export const SEARCHES = ["label", "active", "logit", "alike", "number"] as const;
export type SearchKind = (typeof SEARCHES)[number];
export const SEARCH_NAMES: Readonly<Record<SearchKind, string>> = {
  label: "label",
  active: "activation on the text",
  logit: "effect on a token's logit",
  alike: "decoder row like latent",
  number: "number",
};

export const settingsOf = (session: Session) =>
  session.views.of("Features", {
    part: "text",
    /** Of TopK; 0: the trained one. */
    k: 0,
    /** Matryoshka: latents below this one; 0: all. */
    prefix: 0,
    scope: "position",
    /** Of the chain; −1: the one that the pinned token is in. */
    step: -1,
    /** Positions as typed. */
    span: "",
    rank: "value",
    /** Whether effects on a logit are measured. */
    effects: true,
    most: 16,
    /** Of the ranking by gradient. */
    ...{ gradientPoints: 0, gradientChecks: 8, gradientSeed: 1 },
    /** Typed; empty: what the model expects most. */
    target: "",
    minus: "",
    /** Where the target's logit is read; −1: after the pinned token. */
    readAt: -1,
    search: "label",
    query: "",
    ownText: "",
    corpusSource: "ledger",
    problems: 500,
    corpusSeed: 1,
    contextSize: 128,
    /** Texts that are judged on: of the generator, or as typed; and of which autoencoder beside the chosen one. */
    ...{ judgeSource: "ledger", judgeProblems: 60, judgeSeed: 9000, judgeText: "", besideSae: "" },
    /** A label: a factor of the generator and its value; "" = what stands in [[ ]] in the typed texts. */
    ...{ factor: "name read", factorValue: "", testShare: 0.3, ridge: 0.001 },
  });

export type Settings = ReturnType<typeof settingsOf>;
