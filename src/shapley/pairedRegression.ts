/**
 * Shapley values by regression on pairs of a coalition and its complement: KernelSHAP (Lundberg and Lee 2017) on paired
 * coalitions (Covert and Lee 2021), with a smooth guess at the game in place of an additive one (as Witter et al. 2025 adjust
 * estimates by regression).
 *
 *   1. all, none, and every player alone and left out; then random pairs (pairDraws.ts)
 *   2. a guess at the game's odd part from the pairs, a Gaussian process (oddGame.ts); its Shapley values are the estimate,
 *      and sum to v(all) - v(none)
 *   3. beyond MOST_GUESSED pairs the guess stays as it is, and what the others have beyond it is fitted by an additive game:
 *      weighted least squares with Shapley weights, a size's weight (n - 1) / (s (n - s)) shared by its pairs
 *   4. with every pair known the least squares fit alone is exact
 *   5. intervals of the first output: normal, spread by bootstrap over pairs within their sizes (Efron 1979). A resample
 *      is the guess without a pair plus the additive fit to what that pair has beyond it, over its pairs; sizes that are
 *      complete stay. Standard errors of further outputs: of the Gaussian process, scaled by left-out pairs
 */
import { Draws } from "../random/draws";
import type { Estimates, Estimator } from "./estimator";
import { invertSymmetric } from "./invertSymmetric";
import { OddGame, signsOf, type Signs } from "./oddGame";
import { PairDraws, pairsOfSize } from "./pairDraws";

export interface PairedRegressionRequest {
  readonly n: number;
  readonly width: number;
  readonly seed: number;
  /** Of the bootstrap. */
  readonly resamples: number;
}

/** More pairs than this cost more to guess from than they are worth: time grows with their cube. */
const MOST_GUESSED = 512;
/** 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054;

export function createPairedRegression(ask: PairedRegressionRequest): Estimator {
  return new PairedRegression(ask);
}

interface Pair {
  /** Of the smaller half. */
  readonly size: number;
  readonly signs: Signs;
  /** (v(S) - v(complement)) / 2 of each output. */
  readonly odd: Float64Array;
}

/** [player, output]: estimates as far as they are known, NaN before. */
class EstimateTable implements Estimates {
  readonly phi: Float64Array;
  readonly standardError: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;

  constructor(
    n: number,
    private readonly width: number,
  ) {
    const unknown = () => new Float64Array(n * width).fill(NaN);
    this.phi = unknown();
    this.standardError = unknown();
    this.low = unknown();
    this.high = unknown();
  }

  /** Of one output: each player's value and its standard error. */
  put(output: number, phi: Float64Array, error: Float64Array): void {
    phi.forEach((value, i) => {
      const at = i * this.width + output;
      const own = error[i] ?? NaN;
      this.phi[at] = value;
      this.standardError[at] = own;
      this.low[at] = value - Z * own;
      this.high[at] = value + Z * own;
    });
  }
}

class PairedRegression implements Estimator {
  readonly #draws: PairDraws;
  #asked: readonly (readonly number[])[] = [];
  #begun = false;
  /** v(all) - v(none) of each output. */
  #total: Float64Array | undefined;
  readonly #pairs: Pair[] = [];

  constructor(private readonly ask: PairedRegressionRequest) {
    this.#draws = new PairDraws(ask.n, ask.seed);
  }

  next(most: number): boolean[][] {
    const { n } = this.ask;
    const coalitions: boolean[][] = [];
    const add = (members: readonly number[]) => {
      const present = Array.from({ length: n }, (_, i) => members.includes(i));
      coalitions.push(
        present,
        present.map((has) => !has),
      );
    };
    if (!this.#begun && most >= 2) add(Array.from({ length: n }, (_, i) => i));
    const asked: number[][] = [];
    while ((this.#begun || coalitions.length > 0) && n > 1 && coalitions.length + 2 <= most) {
      const members = this.#draws.next();
      if (!members) break;
      asked.push(members);
      add(members);
    }
    this.#begun ||= coalitions.length > 0;
    this.#asked = asked;
    return coalitions;
  }

  add(values: readonly Float64Array[]): void {
    const { n } = this.ask;
    const difference = (pair: number, factor: number) =>
      values[2 * pair]?.map((value, o) => factor * (value - (values[2 * pair + 1]?.[o] ?? NaN)));
    let first = 0;
    if (!this.#total && values.length >= 2) {
      this.#total = difference(0, 1);
      first = 1;
    }
    this.#asked.forEach((members, i) => {
      const odd = difference(first + i, 0.5);
      if (odd) this.#pairs.push({ size: members.length, signs: signsOf(members, n), odd });
    });
  }

  estimates(): Estimates {
    const { n, width } = this.ask;
    const table = new EstimateTable(n, width);
    const total = this.#total;
    if (!total) return table;
    if (n === 1) total.forEach((value, o) => table.put(o, Float64Array.of(value), new Float64Array(1)));
    else if (this.#isComplete()) this.#fitAll(table, total);
    else if (this.#pairs.length >= n) this.#guessAndFit(table, total);
    return table;
  }

  /** Exact: every pair is known. */
  #fitAll(table: EstimateTable, total: Float64Array): void {
    const { n } = this.ask;
    const additive = new AdditiveFit(this.#pairs, n);
    const once = this.#pairs.map(() => 1);
    total.forEach((sum, o) => {
      const odd = this.#pairs.map((pair) => pair.odd[o] ?? NaN);
      const fit = additive.phi(odd, sum, once);
      if (fit) table.put(o, fit, new Float64Array(n));
    });
  }

  /** The guess from the first pairs, the additive fit to what the others have beyond it, and the errors of both. */
  #guessAndFit(table: EstimateTable, total: Float64Array): void {
    const { n } = this.ask;
    const guessed = this.#pairs.slice(0, MOST_GUESSED);
    // The whole is known as well as any pair: the guess's values sum to what all do together.
    const game = OddGame.at([...guessed.map(({ signs }) => signs), new Int8Array(n).fill(1)], n);
    if (!game) return;
    const additive = new AdditiveFit(this.#pairs, n);
    const once = this.#pairs.map(() => 1);
    const hasMore = this.#pairs.length > guessed.length;
    const spread = game.spread();
    total.forEach((sum, o) => {
      const weights = game.weights([...guessed.map(({ odd }) => odd[o] ?? NaN), sum / 2]);
      const phi = game.shapley(weights);
      const residuals = this.#pairs.map(({ signs, odd }, i) =>
        i < guessed.length ? game.residual(weights, i) : (odd[o] ?? NaN) - game.guess(weights, signs),
      );
      const rest = hasMore ? additive.phi(residuals, 0, once) : undefined;
      const estimate = phi.map((value, i) => value + (rest?.[i] ?? 0));
      if (o > 0) {
        const scale = game.scale(weights, guessed.length);
        table.put(
          o,
          estimate,
          spread.map((value) => value * scale),
        );
        return;
      }
      const without = guessed.map((_, i) => game.withoutPoint(i, residuals[i] ?? NaN));
      table.put(o, estimate, this.#bootstrap(additive, residuals, without));
    });
  }

  #isComplete(): boolean {
    const { n } = this.ask;
    const all = Array.from({ length: Math.floor(n / 2) }, (_, i) => pairsOfSize(n, i + 1));
    return this.#pairs.length >= all.reduce((sum, count) => sum + count, 0);
  }

  /** Standard errors of the first output. */
  #bootstrap(
    additive: AdditiveFit,
    residuals: readonly number[],
    without: readonly Float64Array[],
  ): Float64Array {
    const { n, seed, resamples } = this.ask;
    const draws = new Draws(seed ^ 0x5bd1e995);
    const bySize = grouped(this.#pairs);
    const open = [...bySize].filter(([size, list]) => list.length < pairsOfSize(n, size));
    const sums = new Float64Array(n);
    const squares = new Float64Array(n);
    let count = 0;
    for (let b = 0; b < resamples; b++) {
      const times = this.#pairs.map(() => 1);
      for (const [, list] of open) {
        for (const i of list) times[i] = 0;
        for (let k = 0; k < list.length; k++) {
          const i = list[Math.floor(draws.next() * list.length)] ?? 0;
          times[i] = (times[i] ?? 0) + 1;
        }
      }
      const fit = additive.phi(residuals, 0, times);
      if (!fit) continue;
      without.forEach((change, p) => {
        const share = (times[p] ?? 0) / this.#pairs.length;
        if (share > 0) change.forEach((value, i) => (fit[i] = (fit[i] ?? 0) - share * value));
      });
      count++;
      fit.forEach((value, i) => {
        sums[i] = (sums[i] ?? 0) + value;
        squares[i] = (squares[i] ?? 0) + value * value;
      });
    }
    return sums.map((sum, i) =>
      Math.sqrt(Math.max(0, (squares[i] ?? 0) - (sum * sum) / count) / Math.max(1, count - 1)),
    );
  }
}

function grouped(pairs: readonly Pair[]): Map<number, number[]> {
  const bySize = new Map<number, number[]>();
  pairs.forEach(({ size }, i) => {
    const list = bySize.get(size);
    if (list) list.push(i);
    else bySize.set(size, [i]);
  });
  return bySize;
}

/**
 * The additive game nearest to given odd parts, by Shapley weights. The constraint takes one player out: with
 * x = presence minus that of the last player, half their signs' difference, t - sign of the last * total / 2 is fitted
 * by n - 1 weights.
 */
class AdditiveFit {
  readonly #x: readonly Float64Array[];

  constructor(
    private readonly pairs: readonly Pair[],
    private readonly n: number,
  ) {
    this.#x = pairs.map(({ signs }) =>
      Float64Array.from({ length: n - 1 }, (_, i) => ((signs[i] ?? 0) - (signs[n - 1] ?? 0)) / 2),
    );
  }

  /** Each pair counted so many times; undefined where they leave a player open. */
  phi(odd: readonly number[], total: number, times: readonly number[]): Float64Array | undefined {
    const { n } = this;
    const m = n - 1;
    const counts = new Map<number, number>();
    this.pairs.forEach(({ size }, p) => counts.set(size, (counts.get(size) ?? 0) + (times[p] ?? 0)));
    const moments = new Float64Array(m * m);
    const right = new Float64Array(m);
    this.pairs.forEach(({ size, signs }, p) => {
      const x = this.#x[p];
      const weight = ((times[p] ?? 0) * sizeWeight(n, size)) / (counts.get(size) ?? 1);
      if (weight === 0 || !x) return;
      const y = (odd[p] ?? NaN) - ((signs[m] ?? 0) * total) / 2;
      for (let i = 0; i < m; i++) {
        const scaled = weight * (x[i] ?? 0);
        if (scaled === 0) continue;
        right[i] = (right[i] ?? 0) + scaled * y;
        for (let j = 0; j < m; j++) moments[i * m + j] = (moments[i * m + j] ?? 0) + scaled * (x[j] ?? 0);
      }
    });
    const inverse = invertSymmetric(moments, m);
    if (!inverse) return undefined;
    const phi = new Float64Array(n);
    for (let i = 0; i < m; i++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += (inverse[i * m + j] ?? 0) * (right[j] ?? 0);
      phi[i] = sum;
      phi[m] = (phi[m] ?? 0) - sum;
    }
    phi[m] = (phi[m] ?? 0) + total;
    return phi;
  }
}

/** What all pairs of a size weigh together: a half is its complement's size, too. */
const sizeWeight = (n: number, size: number) => ((2 * size === n ? 0.5 : 1) * (n - 1)) / (size * (n - size));
