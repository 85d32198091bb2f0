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

/** The distance that leaves at least three steps with a score, so that their kurtosis says something; at most `wanted`. */
export const distanceFor = (n: number, wanted: number): number => Math.max(1, Math.min(wanted, n - 3));

export const headScore = (scores: readonly number[]): number =>
  kurtosis(scores.filter((score) => !Number.isNaN(score)));
