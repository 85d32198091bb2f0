/**
 * Pairs of a coalition and its complement, without repeats: first every player alone and left out, then random ones whose
 * sizes take turns, so that every size comes as often as any other: in proportion to leverage scores (Musco and Witter 2025).
 */
import { Draws } from "../random/draws";

/** Sizes with no more pairs than this are listed and shuffled; of larger ones a repeat is rare. */
const MOST_LISTED = 20_000;

export class PairDraws {
  readonly #draws: Draws;
  readonly #seen = new Set<string>();
  readonly #lists = new Map<number, number[][]>();
  readonly #exhausted = new Set<number>();
  /** Players whose pair of one was drawn. */
  #singles = 0;
  #turn = 0;

  constructor(
    private readonly n: number,
    seed: number,
  ) {
    this.#draws = new Draws(seed);
  }

  /** Members of the smaller half, in order; undefined when there is no further pair. */
  next(): number[] | undefined {
    const { n } = this;
    // With two players, each is the complement of the other.
    if (this.#singles < (n === 2 ? 1 : n)) return [this.#singles++];
    const sizes = Math.floor(n / 2) - 1;
    while (this.#exhausted.size < sizes) {
      const size = this.#nextSize(sizes);
      if (this.#exhausted.has(size)) continue;
      const members = pairsOfSize(n, size) <= MOST_LISTED ? this.#listed(size).pop() : this.#drawn(size);
      if (members) return members;
      this.#exhausted.add(size);
    }
    return undefined;
  }

  /** 2 to n / 2 in turn; a half, which is its complement's size, every other time. */
  #nextSize(sizes: number): number {
    const rounds = 2 * sizes - (this.n % 2 === 0 ? 1 : 0);
    return 2 + ((this.#turn++ % Math.max(1, rounds)) % sizes);
  }

  /** All of a size that were not drawn yet, in random order. */
  #listed(size: number): number[][] {
    let list = this.#lists.get(size);
    if (!list) {
      const all = subsets(this.n, size);
      list = this.#draws.order(all.length).map((i) => all[i] ?? []);
      this.#lists.set(size, list);
    }
    return list;
  }

  #drawn(size: number): number[] {
    const { n } = this;
    for (;;) {
      const members = this.#draws
        .order(n)
        .slice(0, size)
        .sort((a, b) => a - b);
      const key = members.join();
      if ((2 * size === n && members[0] !== 0) || this.#seen.has(key)) continue;
      this.#seen.add(key);
      return members;
    }
  }
}

/** Sets of this size; of two halves of equal size the one with the first player stands for both. */
function subsets(n: number, size: number): number[][] {
  const found: number[][] = [];
  const grow = (members: number[], next: number) => {
    if (members.length === size) {
      if (2 * size < n || members[0] === 0) found.push(members);
      return;
    }
    for (let player = next; player < n; player++) grow([...members, player], player + 1);
  };
  grow([], 0);
  return found;
}

/** How many pairs of a coalition of this size and its complement there are. */
export function pairsOfSize(n: number, size: number): number {
  let count = 1;
  for (let i = 0; i < size; i++) count = (count * (n - i)) / (i + 1);
  return 2 * size === n ? count / 2 : count;
}
