/**
 * Influence over all paths of a graph whose sources come before what they act on:
 *
 *   1. the input of every node is divided by its absolute sum
 *   2. from the last node to the first: what reaches a node, and its own share as a target, goes on to its sources by their
 *      parts of its input. That is weights · (B + B² + …), B the divided matrix (Ameisen et al. 2025, "Circuit tracing")
 *
 * Scores as safety-research/circuit-tracer computes them, so that numbers can be compared.
 */
import type { GraphScores } from "../../../protocol/gradients/graphs";

export type NodeKind = "token" | "latent" | "error" | "logit";

export interface Adjacency {
  readonly kinds: readonly NodeKind[];
  /** [target]: what each earlier node adds to it; undefined where nothing acts on it, or it is not known. */
  readonly rows: readonly (Float32Array | undefined)[];
  /** [node]: its share as a target; they sum to 1. */
  readonly weights: ArrayLike<number>;
}

/** Σ |values|. */
export const absoluteSum = (row: Float32Array) => {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += Math.abs(row[i] ?? 0);
  return sum;
};

/** [node], 0 to 1; a target's own share is not counted. */
export function influence({ rows, weights }: Pick<Adjacency, "rows" | "weights">): Float64Array {
  const found = new Float64Array(rows.length);
  for (let target = rows.length - 1; target >= 0; target--) {
    const row = rows[target];
    const flow = (found[target] ?? 0) + (weights[target] ?? 0);
    const total = row && flow > 0 ? absoluteSum(row) : 0;
    if (!row || total === 0) continue;
    for (let source = 0; source < target; source++) {
      const value = row[source] ?? 0;
      if (value !== 0) found[source] = (found[source] ?? 0) + (flow * Math.abs(value)) / total;
    }
  }
  return found;
}

/** NaN where nothing reaches a target. */
export function scoresOf(graph: Adjacency): GraphScores {
  const { kinds, rows, weights } = graph;
  const found = influence(graph);
  let [tokens, errors, explained, whole] = [0, 0, 0, 0];
  kinds.forEach((kind, node) => {
    const own = found[node] ?? 0;
    if (kind === "token") tokens += own;
    if (kind === "error") errors += own;
    const output = own + (weights[node] ?? 0);
    whole += output;
    explained += output * (1 - errorShare(rows[node], kinds));
  });
  return { replacement: tokens / (tokens + errors), completeness: explained / whole };
}

/** The part of a node's absolute input that comes from errors; 0 of what has none. */
function errorShare(row: Float32Array | undefined, kinds: readonly NodeKind[]): number {
  if (!row) return 0;
  let errors = 0;
  for (let i = 0; i < row.length; i++) if (kinds[i] === "error") errors += Math.abs(row[i] ?? 0);
  return errors === 0 ? 0 : errors / absoluteSum(row);
}

/**
 * What each node adds to one target over all paths, if each is taken out: a latent that loses a part of its pre-activation
 * loses `gains` times it, as a part of itself.
 */
export function totalEffects(
  rows: Adjacency["rows"],
  gains: ArrayLike<number>,
  target: number,
): Float64Array {
  const found = new Float64Array(rows.length);
  for (let node = target; node >= 0; node--) {
    const row = rows[node];
    const effect = node === target ? 1 : (found[node] ?? 0) * (gains[node] ?? 0);
    if (!row || effect === 0) continue;
    for (let source = 0; source < node; source++)
      found[source] = (found[source] ?? 0) + effect * (row[source] ?? 0);
  }
  return found;
}
