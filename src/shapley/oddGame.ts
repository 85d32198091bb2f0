/**
 * A smooth guess at a game from some of its pairs (a coalition and its complement), as a Gaussian process.
 *
 * Shapley values see the odd part of a game alone, t(S) = (v(S) - v(complement of S)) / 2. Written with x_i = 1 for players
 * in S and -1 for others, it is a sum over odd sets T of f(T) times the product of x over T. The prior: f(T) has mean 0 and
 * variance in proportion to RHO^|T|, and FREE more where T is a single player: what players do alone is not held back.
 * Covariances then depend on the number d of players that differ:
 *
 *   k(d) = ((1 + RHO)^(n - d) (1 - RHO)^d - (1 - RHO)^(n - d) (1 + RHO)^d) / 2 + FREE (n - 2 d)
 *
 * A set T gives each of its members 2 f(T) / |T| (symmetry, efficiency), so the guess's Shapley values are sums over pairs,
 * weights a = (K + noise)^-1 t:
 *
 *   phi_i = 2 sum over S of a_S x_i (FREE + integral from 0 to RHO of the even part in u of prod over j not i of (1 + u x_j) du)
 *
 * What the guess says of a pair if that pair is left out of it is t - a_S / (K + noise)^-1_SS (Rasmussen and Williams 2006,
 * 5.12), which tells how good the guess is.
 */
import { invertSymmetric } from "./invertSymmetric";

/** How much less an interaction of one player more is worth. */
const RHO = 0.1;
const FREE = 100;
/** Variance of what the prior cannot explain; for numbers, not for games. */
const NOISE = 1e-7;

/** Members as 1, others as -1. */
export type Signs = Int8Array;

export const signsOf = (members: readonly number[], n: number): Signs => {
  const signs = new Int8Array(n).fill(-1);
  for (const player of members) signs[player] = 1;
  return signs;
};

export class OddGame {
  readonly #kernel: Float64Array;
  readonly #inverse: Float64Array;
  /** [pair, player]: the Shapley values of a game that is the kernel around a pair. */
  readonly #shares: Float64Array;

  /** What any game of `n` players known at these coalitions, the last all of them, has in common; undefined where two are alike. */
  static at(points: readonly Signs[], n: number): OddGame | undefined {
    const kernel = kernelTable(n);
    const count = points.length;
    const covariance = new Float64Array(count * count);
    points.forEach((one, i) => {
      for (let j = 0; j < i; j++) {
        const value = kernel[distance(one, points[j] ?? one)] ?? NaN;
        covariance[i * count + j] = covariance[j * count + i] = value;
      }
      // The last is what all players do together: the guess has to have it.
      covariance[i * count + i] = (kernel[0] ?? NaN) + (i < count - 1 ? NOISE : 0);
    });
    const inverse = invertSymmetric(covariance, count);
    return inverse && new OddGame(points, n, kernel, inverse);
  }

  private constructor(
    private readonly points: readonly Signs[],
    private readonly n: number,
    kernel: Float64Array,
    inverse: Float64Array,
  ) {
    this.#kernel = kernel;
    this.#inverse = inverse;
    const table = shareTable(n);
    this.#shares = new Float64Array(points.length * n);
    points.forEach((signs, p) => {
      const present = signs.reduce((sum, sign) => sum + (sign === 1 ? 1 : 0), 0);
      signs.forEach((sign, i) => {
        this.#shares[p * n + i] = 2 * sign * (table[sign === 1 ? present - 1 : present] ?? NaN);
      });
    });
  }

  /** Weights of the pairs for a game with these odd parts. */
  weights(targets: readonly number[]): Float64Array {
    const count = this.points.length;
    return Float64Array.from({ length: count }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < count; j++) sum += (this.#inverse[i * count + j] ?? 0) * (targets[j] ?? 0);
      return sum;
    });
  }

  /** The guess at a coalition. */
  guess(weights: Float64Array, signs: Signs): number {
    let sum = 0;
    this.points.forEach((one, p) => (sum += (weights[p] ?? 0) * (this.#kernel[distance(one, signs)] ?? 0)));
    return sum;
  }

  /** Shapley values of the guess. */
  shapley(weights: Float64Array): Float64Array {
    const phi = new Float64Array(this.n);
    for (let p = 0; p < this.points.length; p++) {
      const weight = weights[p] ?? 0;
      for (let i = 0; i < this.n; i++) phi[i] = (phi[i] ?? 0) + weight * (this.#shares[p * this.n + i] ?? 0);
    }
    return phi;
  }

  /** What a pair has beyond the guess of all the others. */
  residual(weights: Float64Array, point: number): number {
    return (weights[point] ?? NaN) / (this.#inverse[point * (this.points.length + 1)] ?? NaN);
  }

  /** What leaving a pair with this residual out takes off the Shapley values. */
  withoutPoint(point: number, residual: number): Float64Array {
    const count = this.points.length;
    const column = this.#inverse.subarray(point * count, (point + 1) * count);
    return this.shapley(column.map((value) => value * residual));
  }

  /** Standard deviation of each Shapley value under the prior, given the pairs; in units of the prior's scale. */
  spread(): Float64Array {
    const { n } = this;
    const count = this.points.length;
    const prior = priorVariance(n);
    return Float64Array.from({ length: n }, (_, i) => {
      let known = 0;
      for (let p = 0; p < count; p++) {
        const share = this.#shares[p * n + i] ?? 0;
        let sum = 0;
        for (let q = 0; q < count; q++)
          sum += (this.#inverse[p * count + q] ?? 0) * (this.#shares[q * n + i] ?? 0);
        known += share * sum;
      }
      return Math.sqrt(Math.max(0, prior - known));
    });
  }

  /** The prior's scale that makes residuals of left-out pairs as large as they are. */
  scale(weights: Float64Array, points: number): number {
    let sum = 0;
    for (let p = 0; p < points; p++) {
      const residual = this.residual(weights, p);
      sum += residual ** 2 * (this.#inverse[p * (this.points.length + 1)] ?? NaN);
    }
    return Math.sqrt(sum / points);
  }
}

function kernelTable(n: number): Float64Array {
  const [more, less] = [1 + RHO, 1 - RHO];
  return Float64Array.from(
    { length: n + 1 },
    (_, d) => (more ** (n - d) * less ** d - less ** (n - d) * more ** d) / 2 + FREE * (n - 2 * d),
  );
}

function distance(a: Signs, b: Signs): number {
  let d = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) d++;
  return d;
}

/** FREE + integral from 0 to RHO of the even part of (1 + u)^present (1 - u)^(n - 1 - present), by the number present. */
function shareTable(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, present) => {
    let polynomial = [1];
    for (let j = 0; j < n - 1; j++) {
      const sign = j < present ? 1 : -1;
      polynomial = [...polynomial, 0].map((value, power) => value + sign * (polynomial[power - 1] ?? 0));
    }
    return polynomial.reduce(
      (sum, value, power) => (power % 2 === 0 ? sum + (value * RHO ** (power + 1)) / (power + 1) : sum),
      FREE,
    );
  });
}

/** Of a Shapley value: 4 FREE + sum over odd sets T with the player of (2 / |T|)^2 RHO^|T|. */
function priorVariance(n: number): number {
  let sum = 4 * FREE;
  // Sets of the other players, of even size.
  for (let others = 0, choose = 1; others < n; others++) {
    if (others % 2 === 0) sum += choose * (2 / (others + 1)) ** 2 * RHO ** (others + 1);
    choose = (choose * (n - 1 - others)) / (others + 1);
  }
  return sum;
}
