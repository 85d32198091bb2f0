/** Nodes and links of a graph as tables, for reading and for CSV. */
import { nodeName, type Graph, type Marks } from "../../../client/graph/graph";
import type { AttributionGraphResult, CheckedNode } from "../../../protocol/gradients/graphs";
import type { DataTable } from "../../charts/dataTable";
import type { ScatterPoint } from "../../charts/scatter/scatter";
import { KIND_NAMES, placeWords } from "./words";

const column = (name: string, numeric = true) => ({ name, numeric });

/** Shown nodes, the most influential first. */
export function nodeTable(graph: Graph, shown: Uint8Array, marks: Marks): DataTable {
  const groups = new Map(marks.groups.flatMap(({ label, ids }) => ids.map((id) => [id, label] as const)));
  const pinned = new Set(marks.pinned);
  const order = graph.nodes
    .map((_, i) => i)
    .filter((i) => shown[i] === 1)
    .sort((a, b) => (graph.nodes[a]?.cumulative ?? 2) - (graph.nodes[b]?.cumulative ?? 2) || a - b);
  return {
    columns: [
      ...[column("id", false), column("name", false), column("kind", false), column("layer", false)],
      ...[column("position"), column("token", false), column("activation"), column("probability")],
      ...[column("cumulative influence"), column("pinned", false), column("group", false)],
    ],
    rows: order.flatMap((i) => {
      const node = graph.nodes[i];
      if (!node) return [];
      const { id, kind, layer, position, activation, probability, cumulative } = node;
      return [
        [
          ...[id, nodeName(graph, i, marks), KIND_NAMES[kind], layer, position],
          ...[graph.tokens[position] ?? "", activation ?? "", probability ?? "", cumulative ?? ""],
          ...[pinned.has(id) ? "yes" : "", groups.get(id) ?? ""],
        ],
      ];
    }),
  };
}

/** `kept`: indices of links. */
export function linkTable({ nodes, links }: Graph, kept: Int32Array): DataTable {
  const { source, target, weight } = links;
  const id = (node: number | undefined) => nodes[node ?? -1]?.id ?? "";
  return {
    columns: [column("source", false), column("target", false), column("weight")],
    rows: Array.from(kept, (link) => [id(source[link]), id(target[link]), weight[link] ?? NaN]),
  };
}

type Check = NonNullable<AttributionGraphResult["check"]>;

/** Nodes that were run; before that the exact value is not there. */
export const runNodes = ({ nodes }: Check): readonly CheckedNode[] =>
  nodes.filter(({ exact }) => Number.isFinite(exact));

/** Exact to the right, what the graph says upwards. */
export function checkPoints(graph: Graph, check: Check, marks: Marks): ScatterPoint[] {
  return runNodes(check).map(({ node, estimate, exact, isLargest, isRandom }) => ({
    ...{ x: exact, y: estimate, isFilled: isRandom, isRinged: isLargest },
    name: `${nodeName(graph, node, marks)}, ${placeWords(graph, node)}`,
  }));
}

export function checkTable(graph: Graph, check: Check, marks: Marks): DataTable {
  return {
    columns: [
      ...[column("id", false), column("name", false), column("exact change, logits")],
      ...[column("by the graph, logits"), column("by the graph − exact"), column("chosen", false)],
    ],
    rows: runNodes(check).map(({ node, estimate, exact, isLargest, isRandom }) => [
      ...[graph.nodes[node]?.id ?? "", nodeName(graph, node, marks), exact, estimate, estimate - exact],
      [...(isRandom ? ["drawn"] : []), ...(isLargest ? ["most influence"] : [])].join(", "),
    ]),
  };
}
