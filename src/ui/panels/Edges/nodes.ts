/** The nodes that edges run between: embeddings, heads, MLPs, logits, each with a key that a link can carry. */
import type { ModelInfo } from "../../../protocol/api";
import type { EdgeEffect, EdgeInput, EdgeSource } from "../../../protocol/gradients/attributions";

/** How many of each there are. */
export interface GraphShape {
  readonly nLayers: number;
  readonly nHeads: number;
  readonly nKvHeads: number;
  readonly hasMlps: boolean;
}

export type GraphNode = EdgeSource | { readonly kind: "logits" };

export function shapeOf({
  nLayers,
  nHeads,
  nKvHeads,
  sites,
}: Pick<ModelInfo, "nLayers" | "nHeads" | "nKvHeads" | "sites">): GraphShape {
  return { nLayers, nHeads, nKvHeads, hasMlps: sites.includes("blocks.0.mlp_out") };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** From the embeddings up to the logits, heads and MLP of a layer in rows of their own. */
export function nodeRows({ nLayers, nHeads, hasMlps }: GraphShape): GraphNode[][] {
  return [
    [{ kind: "embed" }],
    ...upTo(nLayers).flatMap((layer): GraphNode[][] => [
      upTo(nHeads).map((head) => ({ kind: "head", layer, head })),
      ...(hasMlps ? [[{ kind: "mlp", layer } as const]] : []),
    ]),
    [{ kind: "logits" }],
  ];
}

export function nodeKey(node: GraphNode): string {
  switch (node.kind) {
    case "head":
      return `head ${node.layer}.${node.head}`;
    case "mlp":
      return `mlp ${node.layer}`;
    default:
      return node.kind;
  }
}

export function nodeName(node: GraphNode): string {
  if (node.kind === "embed") return "embeddings";
  return node.kind === "mlp" ? `MLP ${node.layer}` : nodeKey(node);
}

/** Nodes that read there: keys and values may be those of several heads. */
export function readersOf(to: EdgeInput, { nHeads, nKvHeads }: GraphShape): GraphNode[] {
  switch (to.kind) {
    case "q":
      return [{ kind: "head", layer: to.layer, head: to.head }];
    case "k":
    case "v": {
      const group = nHeads / nKvHeads;
      return upTo(group).map((i) => ({ kind: "head", layer: to.layer, head: to.head * group + i }));
    }
    default:
      return [to];
  }
}

/** "v of head 1.0"; where heads share keys and values "v of heads 1.0 to 1.3". */
export function inputName(to: EdgeInput, shape: GraphShape): string {
  if (to.kind === "logits") return "logits";
  if (to.kind === "mlp") return `MLP ${to.layer}`;
  const readers = readersOf(to, shape).map(nodeKey);
  const [first = "", last = first] = [readers[0], readers.at(-1)];
  return first === last
    ? `${to.kind} of ${first}`
    : `${to.kind} of heads ${first.slice(5)} to ${last.slice(5)}`;
}

export const edgeName = ({ from, to }: Pick<EdgeEffect, "from" | "to">, shape: GraphShape): string =>
  `${nodeName(from)} → ${inputName(to, shape)}`;

/** The edges into a node and out of it, in the order given. */
export function edgesAt<E extends Pick<EdgeEffect, "from" | "to">>(
  key: string,
  edges: readonly E[],
  shape: GraphShape,
): { readonly into: readonly E[]; readonly out: readonly E[] } {
  return {
    into: edges.filter(({ to }) => readersOf(to, shape).some((reader) => nodeKey(reader) === key)),
    out: edges.filter(({ from }) => nodeKey(from) === key),
  };
}
