/** Influence, scores, pruning and total effects slowly, in f64: powers of whole matrices, every step over every node. */
import type { Adjacency } from "./influence";

type Rows = readonly (readonly number[])[];

export const dense = ({ rows }: Pick<Adjacency, "rows">): number[][] =>
  rows.map((row) => rows.map((_, source) => row?.[source] ?? 0));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Rows of absolute values, each divided by its sum. */
const divided = (rows: Rows) =>
  rows.map((row) => {
    const total = sum(row.map(Math.abs));
    return row.map((value) => (total > 0 ? Math.abs(value) / total : 0));
  });

/** v + v A + v A² + …, less v: as many powers as there are nodes. */
function overPaths(start: readonly number[], rows: Rows): number[] {
  let now = [...start];
  const total = start.map(() => 0);
  for (let power = 0; power < rows.length; power++) {
    now = now.map((_, source) => sum(rows.map((row, target) => now[target]! * row[source]!)));
    now.forEach((value, i) => (total[i]! += value));
  }
  return total;
}

export const slowInfluence = (graph: Adjacency) =>
  overPaths(Array.from(graph.weights), divided(dense(graph)));

export function slowScores(graph: Adjacency) {
  const found = slowInfluence(graph);
  const shares = divided(dense(graph));
  const of = (kind: string) => sum(found.filter((_, i) => graph.kinds[i] === kind));
  const output = found.map((value, i) => value + graph.weights[i]!);
  const fine = shares.map((row) => 1 - sum(row.filter((_, source) => graph.kinds[source] === "error")));
  return {
    replacement: of("token") / (of("token") + of("error")),
    completeness: sum(output.map((value, i) => value * fine[i]!)) / sum(output),
  };
}

export function slowTotals(graph: Adjacency, gains: readonly number[], target: number): number[] {
  const rows = dense(graph).map((row, i) => (i === target ? row : row.map((value) => value * gains[i]!)));
  return overPaths(
    graph.rows.map((_, i) => (i === target ? 1 : 0)),
    rows,
  );
}

/** What is kept of values, the largest first, until they hold the share. */
function kept(values: readonly number[], share: number): boolean[] {
  const sorted = values.toSorted((a, b) => b - a);
  const count = sorted.findIndex((_, i) => sum(sorted.slice(0, i + 1)) >= share * sum(values)) + 1;
  const least = sorted[(count || sorted.length) - 1] ?? 0;
  return values.map((value) => value >= least);
}

export function slowPruning(graph: Adjacency, nodeShare: number, linkShare: number) {
  const { kinds } = graph;
  const isEnd = kinds.map((kind) => kind === "token" || kind === "logit");
  const found = slowInfluence(graph);
  const isKept = kept(found, nodeShare).map((is, i) => (is && found[i]! > 0) || isEnd[i]!);
  const some = dense(graph).map((row, t) => row.map((value, s) => (isKept[t] && isKept[s] ? value : 0)));
  const shares = divided(some);
  const flow = overPaths(Array.from(graph.weights), shares).map((value, i) => value + graph.weights[i]!);
  const size = kinds.length;
  const scores = shares.flatMap((row, t) => row.map((share) => share * flow[t]!));
  const links = kept(scores, linkShare).map((is, i) => is && scores[i]! > 0);
  for (let round = 0; round < size; round++) {
    links.forEach((is, i) => {
      const [t, s] = [Math.floor(i / size), i % size];
      if (is && !(isKept[t] && isKept[s])) links[i] = false;
    });
    kinds.forEach((kind, node) => {
      const out = kinds.some((_, t) => links[t * size + node]);
      const into = kinds.some((_, s) => links[node * size + s]);
      if (!isEnd[node] && (!out || (kind === "latent" && !into))) isKept[node] = false;
    });
  }
  return {
    nodes: [...kinds.keys()].filter((i) => isKept[i]),
    links: links.flatMap((is, i) => (is ? [[i % size, Math.floor(i / size)]] : [])),
  };
}
