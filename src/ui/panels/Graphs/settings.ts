/** What of the panel a link carries: how the prompt's graph is computed, and what is marked in it. An opened file is not in it. */

export const GRAPH_DEFAULTS = {
  /** The graph was asked for: whoever opens the link sees it at once. */
  asked: false,
  /** Typed by the visitor; empty: the most likely tokens. */
  target: "",
  mass: 0.95,
  mostTargets: 5,
  mostLatents: 256,
  nodeThreshold: 0.8,
  linkThreshold: 0.98,
  dictionaries: "",
  /** Latents ablated in runs of their own. */
  check: true,
  /** Nodes up to this cumulative influence are shown; below zero: what the graph itself says. */
  shown: -1,
  /** Of the prompt's graph, by the ids of nodes (client/graph/marks.ts). */
  pinned: [] as readonly string[],
  groups: [] as readonly string[],
  names: [] as readonly string[],
} as const;

/** Kinds of dictionaries; one kind at a time makes one replacement of the model. */
export const DICTIONARIES = ["transcoders", "autoencoders"] as const;
export type Dictionaries = (typeof DICTIONARIES)[number];
export const DICTIONARY_NAMES: Readonly<Record<Dictionaries, string>> = {
  transcoders: "transcoders of MLPs",
  autoencoders: "autoencoders of the stream",
};

/** Checked nodes: those of most influence, and as many drawn. */
export const CHECKED = { largest: 12, random: 12, seed: 1 } as const;
