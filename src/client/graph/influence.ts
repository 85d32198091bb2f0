/**
 * How much of what reaches the targets passes each node, by the links alone (Ameisen et al. 2025, “Circuit Tracing”):
 *
 *  1. The links into a node are taken by size and divided by their sum: its input, in shares.
 *  2. Each logit begins with its probability ÷ that of all logits (equal parts, where the file gives none).
 *  3. From the logits back, each node hands what it has to its sources, by those shares. What it was handed itself is its
 *     influence; the beginning does not count.
 *  4. Replacement: influence of tokens ÷ that of tokens and errors. Completeness: the mean share of input that does not come
 *     from errors, over all nodes, weighted by what each hands on.
 */
import type { GraphScores } from "../../protocol/gradients/graphs";
import type { DrawnNode, GraphLinks } from "./graph";

export interface Influence {
  /** Of each node. */
  readonly values: Float64Array;
  readonly scores: GraphScores;
}

type Kinded = Pick<DrawnNode, "kind" | "probability">;

/** Undefined where links run in a circle or nothing is a logit. */
export function influenceOf(nodes: readonly Kinded[], links: GraphLinks): Influence | undefined {
  const start = logitWeights(nodes);
  const order = targetsFirst(nodes.length, links);
  if (!start || !order) return undefined;
  const { source, target, weight } = links;
  const into = new Float64Array(nodes.length);
  const fromErrors = new Float64Array(nodes.length);
  for (let i = 0; i < weight.length; i++) {
    const [from = 0, to = 0, size = 0] = [source[i], target[i], Math.abs(weight[i] ?? 0)];
    into[to] = (into[to] ?? 0) + size;
    if (nodes[from]?.kind === "error") fromErrors[to] = (fromErrors[to] ?? 0) + size;
  }
  const values = new Float64Array(nodes.length);
  for (const to of order.nodes) {
    const passed = (values[to] ?? 0) + (start[to] ?? 0);
    const total = into[to] ?? 0;
    if (passed === 0 || total === 0) continue;
    for (let at = order.begin[to] ?? 0; at < (order.begin[to + 1] ?? 0); at++) {
      const link = order.links[at] ?? 0;
      const from = source[link] ?? 0;
      values[from] = (values[from] ?? 0) + (passed * Math.abs(weight[link] ?? 0)) / total;
    }
  }
  return { values, scores: scoresOf(nodes, values, start, into, fromErrors) };
}

function scoresOf(
  nodes: readonly Kinded[],
  values: Float64Array,
  start: Float64Array,
  into: Float64Array,
  fromErrors: Float64Array,
): GraphScores {
  let [tokens, errors, passed, explained] = [0, 0, 0, 0];
  nodes.forEach(({ kind }, i) => {
    const value = values[i] ?? 0;
    if (kind === "token") tokens += value;
    if (kind === "error") errors += value;
    const all = value + (start[i] ?? 0);
    const total = into[i] ?? 0;
    passed += all;
    explained += all * (total > 0 ? 1 - (fromErrors[i] ?? 0) / total : 1);
  });
  return { replacement: tokens / (tokens + errors), completeness: explained / passed };
}

function logitWeights(nodes: readonly Kinded[]): Float64Array | undefined {
  const logits = nodes.flatMap(({ kind }, i) => (kind === "logit" ? [i] : []));
  if (logits.length === 0) return undefined;
  const of = (i: number) => Math.max(0, nodes[i]?.probability ?? 0);
  const total = logits.reduce((sum, i) => sum + of(i), 0);
  const weights = new Float64Array(nodes.length);
  for (const i of logits) weights[i] = total > 0 ? of(i) / total : 1 / logits.length;
  return weights;
}

interface Order {
  /** Each node behind all that it hands something on to. */
  readonly nodes: Int32Array;
  /** Links into node t: `links[begin[t]]` up to, without, `links[begin[t + 1]]`. */
  readonly begin: Int32Array;
  readonly links: Int32Array;
}

/** Kahn's order, from the targets; undefined where there is a circle. */
function targetsFirst(count: number, { source, target }: GraphLinks): Order | undefined {
  const { begin, links } = byEnd(count, target);
  const waits = new Int32Array(count);
  for (const from of source) waits[from] = (waits[from] ?? 0) + 1;
  const nodes = new Int32Array(count);
  let done = 0;
  waits.forEach((open, i) => {
    if (open === 0) nodes[done++] = i;
  });
  for (let next = 0; next < done; next++) {
    const to = nodes[next] ?? 0;
    for (let at = begin[to] ?? 0; at < (begin[to + 1] ?? 0); at++) {
      const from = source[links[at] ?? 0] ?? 0;
      const open = (waits[from] ?? 0) - 1;
      waits[from] = open;
      if (open === 0) nodes[done++] = from;
    }
  }
  return done === count ? { nodes, begin, links } : undefined;
}

/** Links sorted by one of their ends (a counting sort: the order of the list stays). */
export function byEnd(count: number, ends: Int32Array): { begin: Int32Array; links: Int32Array } {
  const begin = new Int32Array(count + 1);
  for (const end of ends) begin[end + 1] = (begin[end + 1] ?? 0) + 1;
  for (let i = 0; i < count; i++) begin[i + 1] = (begin[i + 1] ?? 0) + (begin[i] ?? 0);
  const next = begin.slice();
  const links = new Int32Array(ends.length);
  ends.forEach((end, link) => {
    const at = next[end] ?? 0;
    links[at] = link;
    next[end] = at + 1;
  });
  return { begin, links };
}

/**
 * For each value the share of the sum that it and all larger ones hold together; equal ones in the order of the list. All
 * are 1 where the sum is 0.
 */
export function cumulativeShares(values: ArrayLike<number>): Float64Array {
  const list = Array.from(values, (value) => Math.max(0, value));
  const total = list.reduce((sum, value) => sum + value, 0);
  const shares = new Float64Array(list.length).fill(1);
  if (!(total > 0)) return shares;
  let sum = 0;
  const order = list.map((_, i) => i).sort((a, b) => (list[b] ?? 0) - (list[a] ?? 0));
  for (const i of order) {
    sum += list[i] ?? 0;
    shares[i] = Math.min(1, sum / total);
  }
  return shares;
}
