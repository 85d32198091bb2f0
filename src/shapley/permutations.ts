/**
 * Shapley values by random orders of the players, each followed by its reverse: phi is the mean gain of a player joining
 * those before it. The gains of one order telescope, so every order sums to v(all) - v(none).
 */
import { Draws } from "../random/draws";
import type { Estimates, Estimator } from "./estimator";

export interface PermutationsRequest {
  readonly n: number;
  readonly width: number;
  readonly seed: number;
}

export function createPermutations(ask: PermutationsRequest): Estimator {
  return new Permutations(ask);
}

/** A coalition that is waited for, and the player who joined it last; none: a new order begins. */
interface Waiting {
  readonly present: boolean[];
  readonly joined: number | undefined;
}

class Permutations implements Estimator {
  readonly #draws: Draws;
  #queue: Waiting[] = [];
  #asked: Waiting[] = [];
  /** The order that is to be walked backwards. */
  #forward: readonly number[] | undefined;
  #previous: Float64Array | undefined;
  #gains: Float64Array;
  /** Gains of whole orders, [player, output]. */
  readonly #orders: Float64Array[] = [];

  constructor(private readonly ask: PermutationsRequest) {
    this.#draws = new Draws(ask.seed);
    this.#gains = new Float64Array(ask.n * ask.width);
  }

  next(most: number): boolean[][] {
    this.#asked = [];
    while (this.#asked.length < most) {
      if (this.#queue.length === 0) {
        // One player has one order.
        if (this.ask.n === 1 && this.#forward) break;
        this.#queue = this.#order();
      }
      const waiting = this.#queue.shift();
      if (waiting) this.#asked.push(waiting);
    }
    return this.#asked.map(({ present }) => present);
  }

  #order(): Waiting[] {
    const { n } = this.ask;
    const isReverse = this.#forward !== undefined && n > 1;
    const order = isReverse ? [...(this.#forward ?? [])].reverse() : this.#draws.order(n);
    this.#forward = isReverse ? undefined : order;
    const present = Array.from({ length: n }, () => false);
    const none: Waiting = { present: [...present], joined: undefined };
    return [
      none,
      ...order.map((joined) => {
        present[joined] = true;
        return { present: [...present], joined };
      }),
    ];
  }

  add(values: readonly Float64Array[]): void {
    const { n, width } = this.ask;
    values.forEach((value, i) => {
      const { joined, present } = this.#asked[i] ?? { present: [] };
      if (joined === undefined) this.#gains = new Float64Array(n * width);
      else
        value.forEach((v, output) => {
          this.#gains[joined * width + output] = v - (this.#previous?.[output] ?? NaN);
        });
      this.#previous = value;
      if (joined !== undefined && present.every(Boolean)) this.#orders.push(this.#gains);
    });
  }

  estimates(): Estimates {
    const count = this.#orders.length;
    const size = this.ask.n * this.ask.width;
    const mean = (of: (order: Float64Array, i: number) => number, i: number) =>
      this.#orders.reduce((sum, order) => sum + of(order, i), 0) / count;
    const phi = Float64Array.from({ length: size }, (_, i) => mean((order) => order[i] ?? NaN, i));
    const standardError = Float64Array.from({ length: size }, (_, i) => {
      const variance = mean((order) => ((order[i] ?? NaN) - (phi[i] ?? NaN)) ** 2, i);
      return Math.sqrt(variance / Math.max(1, count - 1));
    });
    return withBounds(phi, standardError);
  }
}

export function withBounds(phi: Float64Array, standardError: Float64Array): Estimates {
  const bound = (sign: number) => phi.map((value, i) => value + sign * 1.96 * (standardError[i] ?? NaN));
  return { phi, standardError, low: bound(-1), high: bound(1) };
}
