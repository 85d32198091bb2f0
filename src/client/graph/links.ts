/** What acts on a node and on what it acts, strongest first; of a group of nodes the sums over its members. */
import { byEnd } from "./influence";
import type { Graph } from "./graph";

export interface Neighbour {
  /** Index into `nodes`. */
  readonly node: number;
  readonly weight: number;
}

export class Neighbours {
  readonly #into: ReturnType<typeof byEnd>;
  readonly #from: ReturnType<typeof byEnd>;

  constructor(private readonly graph: Graph) {
    const { nodes, links } = graph;
    this.#into = byEnd(nodes.length, links.target);
    this.#from = byEnd(nodes.length, links.source);
  }

  /** Indices of links into (or out of) a node. */
  links(node: number, side: "inputs" | "outputs"): Int32Array {
    const { begin, links } = side === "inputs" ? this.#into : this.#from;
    return links.subarray(begin[node] ?? 0, begin[node + 1] ?? 0);
  }

  /** Of one node, or of several as one: links between them are left out, links of one neighbour are summed. */
  of(nodes: readonly number[], side: "inputs" | "outputs"): Neighbour[] {
    const { source, target, weight } = this.graph.links;
    const members = new Set(nodes);
    const sums = new Map<number, number>();
    for (const node of members) {
      for (const link of this.links(node, side)) {
        const other = (side === "inputs" ? source[link] : target[link]) ?? 0;
        if (!members.has(other)) sums.set(other, (sums.get(other) ?? 0) + (weight[link] ?? 0));
      }
    }
    return [...sums]
      .map(([node, sum]) => ({ node, weight: sum }))
      .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight) || a.node - b.node);
  }
}
