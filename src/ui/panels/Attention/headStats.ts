/**
 * What a head does, in five numbers, each a mean over queries of its attention pattern A (weights; rows sum to 1):
 *
 *   previous token   A[q, q−1]
 *   first token      A[q, 0]
 *   self             A[q, q]
 *   induction        Σ A[q, p+1] over earlier p with the same token as q, p+1 < q; queries that have such a p
 *                    (Olsson et al. 2022, "In-context Learning and Induction Heads": prefix matching)
 *   entropy          −Σ A ln A, nats
 *
 * Query 0 sees only itself, so the means begin at query 1.
 */
export interface HeadStats {
  readonly previous: number;
  readonly first: number;
  readonly self: number;
  /** NaN where no token comes twice. */
  readonly induction: number;
  readonly entropy: number;
  /** Queries that `induction` is a mean over. */
  readonly repeats: number;
}

export const STATS = ["previous", "first", "self", "induction", "entropy"] as const;
export type Stat = (typeof STATS)[number];

export const STAT_NAMES: Readonly<Record<Stat, string>> = {
  previous: "previous token",
  first: "first token",
  self: "itself",
  induction: "induction",
  entropy: "entropy, nats",
};

/** `pattern` [n, n]; what is beyond its query does not count. */
export function headStats(pattern: Float32Array, ids: readonly number[]): HeadStats {
  const n = ids.length;
  const sums = { previous: 0, first: 0, self: 0, induction: 0, entropy: 0 };
  const before = new Map<number, number[]>();
  let repeats = 0;
  for (let query = 0; query < n; query++) {
    const at = (key: number) => pattern[query * n + key] ?? 0;
    const same = before.get(ids[query] ?? -1) ?? [];
    const after = same.filter((position) => position + 1 < query);
    if (query > 0) {
      sums.previous += at(query - 1);
      sums.first += at(0);
      sums.self += at(query);
      for (let key = 0; key <= query; key++) {
        const weight = at(key);
        if (weight > 0) sums.entropy -= weight * Math.log(weight);
      }
      if (after.length > 0) repeats++;
      for (const position of after) sums.induction += at(position + 1);
    }
    same.push(query);
    before.set(ids[query] ?? -1, same);
  }
  const queries = n - 1;
  const mean = (sum: number, count: number) => (count > 0 ? sum / count : NaN);
  return {
    previous: mean(sums.previous, queries),
    first: mean(sums.first, queries),
    self: mean(sums.self, queries),
    induction: mean(sums.induction, repeats),
    entropy: mean(sums.entropy, queries),
    repeats,
  };
}

/** Now minus baseline, number by number. */
export function statsDifference(now: HeadStats, base: HeadStats): HeadStats {
  const of = (stat: Stat) => now[stat] - base[stat];
  return {
    previous: of("previous"),
    first: of("first"),
    self: of("self"),
    induction: of("induction"),
    entropy: of("entropy"),
    repeats: now.repeats,
  };
}
