/** Finds nodes by what they are called, by the token of their position, by id or by the number of their latent. */
import { nodeName, type Graph, type Marks } from "./graph";

/** Indices of nodes, those of most influence first, at most `limit`. No words find nothing. */
export function searchNodes(graph: Graph, marks: Marks, text: string, limit = 40): number[] {
  const words = text.trim().toLowerCase();
  if (words === "") return [];
  const number = /^#(\d+)$/.exec(words)?.[1];
  const { nodes, tokens } = graph;
  const holds = (one: string) => one.toLowerCase().includes(words);
  const found = nodes.flatMap((node, i) => {
    const isFound =
      number === undefined
        ? holds(node.id) ||
          holds(nodeName(graph, i, marks)) ||
          tokens[node.position]?.trim().toLowerCase() === words
        : node.latent === Number(number);
    return isFound ? [i] : [];
  });
  const at = (i: number) => nodes[i]?.cumulative ?? 2;
  return found.sort((a, b) => at(a) - at(b) || a - b).slice(0, limit);
}
