/**
 * What of a graph is told (as in Ameisen et al. 2025 and safety-research/circuit-tracer):
 *
 *   1. nodes by influence, until they hold a share of it together; tokens and logits stay
 *   2. between those, links by their part of the target's input times what reaches it, until they hold a share together
 *   3. latents and errors that lead nowhere now, and latents that nothing leads to, go, until none is left
 *
 * In the scores of what is told, everything that was dropped from a node's input counts as error.
 */
import type { GraphLink, GraphScores } from "../../../protocol/gradients/graphs";
import { absoluteSum, influence, scoresOf, type Adjacency } from "./influence";

export interface Pruned {
  /** [node]. */
  readonly influence: Float64Array;
  /** Kept nodes, in order. */
  readonly nodes: readonly number[];
  /** Between nodes of the whole graph. */
  readonly links: readonly GraphLink[];
  readonly scores: GraphScores;
}

export function prune(graph: Adjacency, nodeThreshold: number, linkThreshold: number): Pruned {
  const { kinds, rows, weights } = graph;
  const all = influence(graph);
  const least = leastKept(all, nodeThreshold);
  const isEnd = (node: number) => kinds[node] === "token" || kinds[node] === "logit";
  const kept = new Set(
    [...kinds.keys()].filter((node) => isEnd(node) || ((all[node] ?? 0) >= least && (all[node] ?? 0) > 0)),
  );
  const some = rows.map((row, target) =>
    row && kept.has(target) ? row.map((value, source) => (kept.has(source) ? value : 0)) : undefined,
  );
  const reaching = influence({ rows: some, weights });
  const scored = some.flatMap((row, target) => {
    const total = row ? absoluteSum(row) : 0;
    const flow = (reaching[target] ?? 0) + (weights[target] ?? 0);
    if (!row || total === 0 || flow === 0) return [];
    return [...row].flatMap((weight, source) =>
      weight === 0 ? [] : [{ source, target, weight, score: (flow * Math.abs(weight)) / total }],
    );
  });
  const leastLink = leastKept(
    Float64Array.from(scored, ({ score }) => score),
    linkThreshold,
  );
  let links = scored.filter(({ score }) => score >= leastLink);
  for (let before = Infinity; links.length < before;) {
    before = links.length;
    const [sources, targets] = [
      new Set(links.map(({ source }) => source)),
      new Set(links.map((l) => l.target)),
    ];
    for (const node of kept) {
      const isAlone = !sources.has(node) || (kinds[node] === "latent" && !targets.has(node));
      if (!isEnd(node) && isAlone) kept.delete(node);
    }
    links = links.filter(({ source, target }) => kept.has(source) && kept.has(target));
  }
  const told = links.map(({ source, target, weight }): GraphLink => ({ source, target, weight }));
  return { influence: all, nodes: [...kept], links: told, scores: scoresOf(restAsError(graph, kept, told)) };
}

/** The smallest of the largest that together are this share of the sum. */
function leastKept(scores: Float64Array, share: number): number {
  const sorted = scores.toSorted((a, b) => b - a);
  const total = sorted.reduce((sum, score) => sum + score, 0);
  let sum = 0;
  for (const score of sorted) {
    sum += score;
    if (sum >= share * total) return score;
  }
  return sorted.at(-1) ?? 0;
}

/** The kept graph with one more node in front, an error: what was dropped from every node's input. */
function restAsError(
  { kinds, rows, weights }: Adjacency,
  kept: ReadonlySet<number>,
  links: readonly GraphLink[],
): Adjacency {
  const left = rows.map((row, target) =>
    row && kept.has(target) ? new Float32Array(target + 1) : undefined,
  );
  for (const { source, target, weight } of links) left[target]?.fill(weight, source + 1, source + 2);
  left.forEach((row, target) => {
    const whole = rows[target];
    if (row && whole) row[0] = Math.max(0, absoluteSum(whole) - absoluteSum(row));
  });
  return {
    kinds: ["error", ...kinds],
    rows: [undefined, ...left],
    weights: [0, ...Array.from(weights)],
  };
}
