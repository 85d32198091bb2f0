/** Where nodes and edges are drawn: embeddings at the bottom, each layer's heads and then its MLP above, logits on top. */
import type { EdgeEffect, EdgeInput } from "../../../protocol/gradients/attributions";
import { nodeKey, nodeName, nodeRows, readersOf, type GraphNode, type GraphShape } from "./nodes";

export interface PlacedNode {
  readonly node: GraphNode;
  readonly key: string;
  /** Inside the box; a name that does not fit is left out. */
  readonly label: string;
  /** Middle of the box. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Of the rows, from the bottom. */
  readonly row: number;
}

export interface PlacedEdge<E extends EdgeEffect = EdgeEffect> {
  readonly edge: E;
  readonly d: string;
  /** Of the line, px. */
  readonly width: number;
}

export interface EdgesLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly layers: readonly { readonly label: string; readonly y: number }[];
}

export const BOX_HEIGHT = 20;
const MARGIN = { top: 18, right: 14, bottom: 18, left: 62 } as const;
/** Between the middles of boxes in a row. */
const STEP = { least: 24, most: 128 } as const;
const WIDEST_BOX = 58;
const WORD_BOX = 92;
const LINE = { least: 1, most: 6 } as const;
/** A row of heads or an MLP. */
const rowHeight = (nLayers: number) => (nLayers <= 6 ? 46 : nLayers <= 16 ? 36 : 28);

/** `room`: the width that there is, px; many heads take more. */
export function layoutNodes(shape: GraphShape, room: number): EdgesLayout {
  const rows = nodeRows(shape);
  const columns = shape.nHeads + (shape.hasMlps ? 1 : 0);
  const inside = room - MARGIN.left - MARGIN.right;
  const step = Math.max(STEP.least, Math.min(STEP.most, inside / columns));
  const width = MARGIN.left + MARGIN.right + Math.max(columns * step, 2 * WORD_BOX);
  const high = rowHeight(shape.nLayers);
  const height = MARGIN.top + MARGIN.bottom + (rows.length - 1) * high;
  const x = (column: number) => MARGIN.left + (column + 0.5) * step;
  const box = Math.min(WIDEST_BOX, step - 4);
  const nodes = rows.flatMap((list, row) =>
    list.map((node): PlacedNode => {
      const isWord = node.kind === "embed" || node.kind === "logits";
      return {
        ...{ node, key: nodeKey(node), label: labelOf(node, box), row },
        x: node.kind === "head" ? x(node.head) : x(isWord ? (columns - 1) / 2 : columns - 1),
        y: height - MARGIN.bottom - row * high,
        width: isWord ? WORD_BOX : box,
      };
    }),
  );
  const layers = nodes.flatMap(({ node, y }) =>
    node.kind === "head" && node.head === 0 ? [{ label: `layer ${node.layer}`, y }] : [],
  );
  return { width, height, nodes, layers };
}

function labelOf(node: GraphNode, box: number): string {
  if (node.kind === "head") return box >= 28 ? `${node.layer}.${node.head}` : String(node.head);
  if (node.kind === "mlp") return box >= 44 ? nodeName(node) : box >= 20 ? `M${node.layer}` : "";
  return nodeName(node);
}

/** Of a head's box: its queries are read at the left, its keys in the middle, its values at the right. */
const PORTS: Partial<Record<EdgeInput["kind"], number>> = { q: -0.3, v: 0.3 };

/** The strongest come last, on top; the width of a line is its share of the strongest. */
export function layoutEdges<E extends EdgeEffect>(
  edges: readonly E[],
  shape: GraphShape,
  { nodes }: EdgesLayout,
): PlacedEdge<E>[] {
  const at = new Map(nodes.map((one) => [one.key, one]));
  const most = Math.max(...edges.map(({ estimate }) => Math.abs(estimate) || 0));
  return edges
    .flatMap((edge): PlacedEdge<E>[] => {
      const from = at.get(nodeKey(edge.from));
      const readers = readersOf(edge.to, shape).flatMap((reader) => at.get(nodeKey(reader)) ?? []);
      const [to] = readers;
      if (!from || !to) return [];
      const middle = readers.reduce((sum, { x }) => sum + x, 0) / readers.length;
      const x = middle + (PORTS[edge.to.kind] ?? 0) * to.width;
      const [y1, y2] = [from.y - BOX_HEIGHT / 2, to.y + BOX_HEIGHT / 2];
      const bend = Math.max(12, (y1 - y2) / 2);
      const d = `M${px(from.x)} ${px(y1)}C${px(from.x)} ${px(y1 - bend)} ${px(x)} ${px(y2 + bend)} ${px(x)} ${px(y2)}`;
      const share = most > 0 ? Math.abs(edge.estimate) / most : 0;
      return [{ edge, d, width: LINE.least + (LINE.most - LINE.least) * share }];
    })
    .reverse();
}

const px = (value: number) => Math.round(10 * value) / 10;

/** The node that an arrow key leads to; undefined: the key is none of these, or there is no further node. */
export function walkNodes({ nodes }: EdgesLayout, from: string | undefined, key: string): string | undefined {
  const here = nodes.find((one) => one.key === from);
  if (key === "Home") return nodes[0]?.key;
  if (key === "End") return nodes.at(-1)?.key;
  if (!/^Arrow(Up|Down|Left|Right)$/.test(key)) return undefined;
  if (!here) return nodes.at(-1)?.key;
  const along = key === "ArrowLeft" ? -1 : key === "ArrowRight" ? 1 : 0;
  if (along !== 0) {
    const row = nodes.filter((one) => one.row === here.row);
    return row[row.indexOf(here) + along]?.key;
  }
  const row = here.row + (key === "ArrowUp" ? 1 : -1);
  return nodes
    .filter((one) => one.row === row)
    .toSorted((a, b) => Math.abs(a.x - here.x) - Math.abs(b.x - here.x))[0]?.key;
}
