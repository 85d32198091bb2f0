/** An attribution graph as it is drawn, whether a file brought it or it was computed here; and what somebody marks in it. */

export type NodeKind = "token" | "latent" | "error" | "logit" | "other";

export interface DrawnNode {
  /** One node's own: where a file gives an id twice, the later ones get a number behind it. */
  readonly id: string;
  readonly kind: NodeKind;
  /** As the file names it: "E", "0", "27". */
  readonly layer: string;
  /** Index into `rows`. */
  readonly row: number;
  /** Index into `tokens`. */
  readonly position: number;
  /** What the file calls it; may be empty. */
  readonly label: string;
  /** Number of the latent in its dictionary. */
  readonly latent?: number;
  readonly activation?: number;
  /**
   * Share of influence that this node and all that have more hold together, 0 to 1: the least are near 1. Tokens have one,
   * logits do not.
   */
  readonly cumulative?: number;
  /** Its own share, 0 to 1. */
  readonly share?: number;
  /** Of a logit. */
  readonly probability?: number;
  readonly isTarget: boolean;
}

/** Links whose two ends are there: indices into `nodes`, and what the source adds to the target. */
export interface GraphLinks {
  readonly source: Int32Array;
  readonly target: Int32Array;
  readonly weight: Float64Array;
}

export interface Graph {
  /** The graph's own name, its `slug`. */
  readonly slug: string;
  /** The model that it says it is of. */
  readonly model: string;
  readonly prompt: string;
  readonly tokens: readonly string[];
  /** What layers are called, from the tokens up to the logits. */
  readonly rows: readonly string[];
  readonly nodes: readonly DrawnNode[];
  readonly links: GraphLinks;
  /** Cumulative influence up to which the file wants nodes shown at first. */
  readonly nodeThreshold?: number;
  /** Influences were computed from the links, for the file gives none. */
  readonly influenceFromLinks: boolean;
}

/** Nodes under one name. */
export interface NodeGroup {
  readonly label: string;
  readonly ids: readonly string[];
}

/** What a visitor marks in a graph, by the ids of nodes. */
export interface Marks {
  readonly pinned: readonly string[];
  readonly groups: readonly NodeGroup[];
  /** Names given to nodes, in place of their labels. */
  readonly names: ReadonlyMap<string, string>;
}

export const NO_MARKS: Marks = { pinned: [], groups: [], names: new Map() };

/** A graph with the JSON that it came from: writing it back keeps what is not understood. */
export interface GraphFile {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly graph: Graph;
  /** For each of the graph's nodes its place in the JSON's list. */
  readonly places: Int32Array;
  /** As the JSON has them. */
  readonly marks: Marks;
  /** What could not be drawn or was guessed, each with its field. */
  readonly notes: readonly string[];
}

/** What a node is called: by the visitor, by the file, or by what it is. */
export function nodeName(graph: Graph, index: number, marks: Marks): string {
  const node = graph.nodes[index];
  if (!node) return "";
  const given = marks.names.get(node.id) ?? node.label;
  if (given !== "") return given;
  const token = graph.tokens[node.position] ?? "";
  switch (node.kind) {
    case "token":
      return `token “${token}”`;
    case "error":
      return `error of layer ${node.layer}`;
    case "latent":
      return `latent ${node.latent ?? node.id}`;
    default:
      return node.id;
  }
}
