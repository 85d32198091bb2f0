/**
 * Estimates of which some are checked: those of the largest effects, and a draw from all by the seed, which alone speaks for
 * the rest. An effect is a value less the base.
 */
import { Random } from "../random/random";
import { agreement } from "./agreement";

export interface Checked {
  readonly estimate: number;
  /** NaN until it was computed. */
  readonly exact: number;
  /** Why it was chosen; one may be both. */
  readonly isLargest: boolean;
  readonly isRandom: boolean;
}

export class CheckedEstimates<T> {
  /** In the order of the candidates, each once. */
  readonly chosen: readonly T[];
  readonly #largest: ReadonlySet<T>;
  readonly #random: ReadonlySet<T>;
  readonly #exact = new Map<T, number>();

  constructor(
    { largest, random, seed }: { readonly largest: number; readonly random: number; readonly seed: number },
    candidates: readonly T[],
    private readonly estimateOf: (candidate: T) => number,
    private readonly base = 0,
  ) {
    const size = (candidate: T) => Math.abs(estimateOf(candidate) - base);
    this.#largest = new Set(candidates.toSorted((a, b) => size(b) - size(a)).slice(0, largest));
    // Drawn in an order that the estimates have no part in.
    this.#random = new Set(new Random(seed).sample(candidates, Math.min(random, candidates.length)));
    this.chosen = candidates.filter((one) => this.#largest.has(one) || this.#random.has(one));
  }

  take(candidates: readonly T[], exact: readonly number[]): void {
    candidates.forEach((one, i) => this.#exact.set(one, exact[i] ?? NaN));
  }

  of(candidate: T): Checked {
    return {
      estimate: this.estimateOf(candidate),
      exact: this.#exact.get(candidate) ?? NaN,
      isLargest: this.#largest.has(candidate),
      isRandom: this.#random.has(candidate),
    };
  }

  /** How far the effects of those that were computed are from their estimates. */
  agreements() {
    const checked = this.chosen.map((one) => this.of(one));
    const of = (some: readonly Checked[]) =>
      agreement(
        some.map(({ estimate }) => estimate - this.base),
        some.map(({ exact }) => exact - this.base),
      );
    return {
      largest: of(checked.filter(({ isLargest }) => isLargest)),
      random: of(checked.filter(({ isRandom }) => isRandom)),
      all: of(checked),
    };
  }
}
