/** Receiver heads (Bogdan et al. 2025): heads whose attention from far later steps goes to few steps. */
import { kurtosis } from "./kurtosis";
import { ranks } from "./rankCorrelation";

/**
 * Vertical score of each step: mean of `attention` [from, to] (row-major, n × n) over steps at least `distance` later.
 * NaN where there is none. `ranked`: each row's values up to the diagonal become their ranks, scaled to 0 … 1.
 */
export function verticalScores(
  attention: Float32Array,
  n: number,
  distance: number,
  ranked: boolean,
): number[] {
  const rows = Array.from({ length: n }, (_, from) => {
    const row = [...attention.subarray(from * n, from * n + from + 1)];
    return ranked ? ranks(row).map((rank) => (from === 0 ? 1 : (rank - 1) / from)) : row;
  });
  return Array.from({ length: n }, (_, to) => {
    const later = rows.slice(to + distance).map((row) => row[to] ?? NaN);
    return later.length === 0 ? NaN : later.reduce((sum, x) => sum + x, 0) / later.length;
  });
}

/**
 * Steps with a score below which heads are not ranked. The kurtosis of n numbers is at most n − 5 + 1 / (n − 1), when one of
 * them stands apart: of three it is −1.5 whatever they are, of four at most −0.67. Of eight it reaches 3.14, so that a head
 * with one high step is told from one whose scores are spread like a normal distribution (0).
 */
export const LEAST_SCORED = 8;

/** The distance that leaves enough steps with a score, where the chain is long enough; at most `wanted`. */
export const distanceFor = (n: number, wanted: number): number =>
  Math.max(1, Math.min(wanted, n - LEAST_SCORED));

/** Kurtosis of a head's vertical scores; NaN with fewer than LEAST_SCORED of them, which rank nothing. */
export function headScore(scores: readonly number[]): number {
  const known = scores.filter((score) => !Number.isNaN(score));
  return known.length < LEAST_SCORED ? NaN : kurtosis(known);
}
