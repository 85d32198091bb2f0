/**
 * The patterns of N2G in one trie over reversed tokens, and what it predicts.
 *
 *   insert   from the last token back: a salient token as itself, another as a wildcard; then, for a pattern that must
 *            stand at the start, the start; the node that this ends in takes the pattern's value
 *   predict  from each token back, to the child of that token, else to the wildcard; the first node with a value gives
 *            it; without one, 0
 *
 * A pattern that ends another's way is reached first; of two patterns with the same way the later one's value stays.
 */
import { N2G_ANY, N2G_START, type N2gNode, type N2gPattern } from "../../../protocol/sae/saeEvaluation";

/** Saliency below this makes a wildcard. */
const SALIENT = 0.5;

interface Node {
  value?: number;
  readonly children: Map<number, Node>;
}

export function buildTrie(patterns: readonly N2gPattern[]): N2gNode {
  const root: Node = { children: new Map() };
  for (const { tokens, saliency, atStart, value } of patterns) {
    const way = tokens.map((token, i) => ((saliency[i] ?? 0) < SALIENT ? N2G_ANY : token)).reverse();
    if (atStart) way.push(N2G_START);
    let node = root;
    for (const token of way) {
      const next: Node = node.children.get(token) ?? { children: new Map() };
      node.children.set(token, next);
      node = next;
    }
    node.value = value;
  }
  return plain(N2G_ANY, root);
}

function plain(token: number, { value, children }: Node): N2gNode {
  return {
    token,
    ...(value === undefined ? {} : { value }),
    children: [...children].map(([key, child]) => plain(key, child)),
  };
}

export function predict(root: N2gNode, tokens: readonly number[]): Float32Array {
  return Float32Array.from(tokens, (_, at) => predictAt(root, tokens, at));
}

function predictAt(root: N2gNode, tokens: readonly number[], at: number): number {
  let node = root;
  for (let i = at; i >= 0; i--) {
    const next = childOf(node, tokens[i]) ?? childOf(node, N2G_ANY);
    if (next === undefined) return 0;
    if (next.value !== undefined) return next.value;
    node = next;
  }
  return childOf(node, N2G_START)?.value ?? 0;
}

function childOf({ children }: N2gNode, token: number | undefined): N2gNode | undefined {
  return children.find((child) => child.token === token);
}
