/** The attached dictionary that a node's latent is of: only a graph of the model and text that are open has one. */
import type { SaeInfo } from "../../../protocol/sae/features";
import { fieldOf, fieldsOf } from "../../../client/graph/fields";
import type { Graph, GraphFile } from "../../../client/graph/graph";

export interface AttachedLatent {
  readonly sae: SaeInfo;
  readonly latent: number;
  readonly position: number;
}

/** `tokens`: ids of what is in the strip. Files say dictionaries by the SHA-256 of their weights, tokens by the ids of nodes. */
export function latentOf(
  { raw, graph, places }: GraphFile,
  index: number,
  saes: readonly SaeInfo[],
  tokens: readonly number[],
): AttachedLatent | undefined {
  const node = graph.nodes[index];
  const list = fieldOf(raw, "nodes");
  if (node?.kind !== "latent" || node.latent === undefined || !Array.isArray(list)) return undefined;
  const sha256 = fieldOf(fieldsOf((list as unknown[])[places[index] ?? -1]), "dictionary");
  const sae = saes.find((one) => one.sha256 === sha256);
  const { latent, position } = node;
  return sae && isSameText(graph, tokens) && latent < sae.nLatents ? { sae, latent, position } : undefined;
}

function isSameText({ nodes }: Graph, tokens: readonly number[]): boolean {
  const named = nodes.flatMap(({ kind, id, position }) => {
    const token = kind === "token" ? /^E_(\d+)_\d+$/.exec(id)?.[1] : undefined;
    return token === undefined ? [] : [[position, Number(token)] as const];
  });
  return named.length > 0 && named.every(([position, token]) => tokens[position] === token);
}
