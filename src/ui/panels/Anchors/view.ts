/**
 * Importances of steps from rollouts, after Bogdan et al. 2025 (arXiv:2506.19143, methods.md 4d):
 *
 *   resampling_i      share of right answers of rollouts that keep step i - share of those that begin in its place
 *   counterfactual_i  the same, where those that begin in its place count only if the step they write is another one:
 *                     its similarity to step i is below the threshold
 *   forced_i          as resampling, with the answer's cue put right after the kept steps
 *   KL_i              of the two shares of resampling, as coins, Laplace smoothing
 *   step i on step j  share of rollouts that keep i and write j again - share of those that wrote another step in place of i
 */
import type { Rollout } from "../../../protocol/anchors";
import {
  importanceKl,
  resamplingImportances,
  shareDifference,
  shareOf,
  type Difference,
} from "../../../statistics/anchorImportance";
import { distanceFor, headScore, LEAST_SCORED, verticalScores } from "../../../statistics/receiverHeads";
import { kendallTau, spearman } from "../../../statistics/rankCorrelation";
import type { StepAttentionResult } from "../../../protocol/anchors";
import type { BarColumn } from "../../charts/barColumns";

export interface Importances {
  readonly resampling: readonly Difference[];
  readonly counterfactual: readonly Difference[];
  readonly forced: readonly Difference[];
  /** Nats. */
  readonly kl: readonly number[];
  /** Rollouts of each start that ended so far: 0 … n. */
  readonly counts: readonly number[];
}

/** Whether the first step that was written stands for another one than step i of the chain. */
function isOther({ steps, cosine }: Rollout, step: number, threshold: number): boolean {
  // Who went straight to the answer wrote no such step.
  return steps.length === 0 || (cosine[step] ?? NaN) < threshold;
}

export function importancesOf(rollouts: readonly Rollout[], n: number, threshold: number): Importances {
  const of = (start: number, forced: boolean) =>
    rollouts.filter((one) => one.start === start && one.forced === forced);
  const shares = (forced: boolean) =>
    Array.from({ length: n + 1 }, (_, start) => shareOf(of(start, forced).map(({ right }) => right)));
  const free = shares(false);
  const resampling = resamplingImportances(free);
  return {
    resampling,
    counterfactual: Array.from({ length: n }, (_, i) => {
      const removed = of(i, false).filter((one) => isOther(one, i, threshold));
      return shareDifference(
        free[i + 1] ?? { successes: 0, n: 0 },
        shareOf(removed.map(({ right }) => right)),
      );
    }),
    forced: resamplingImportances(shares(true)),
    kl: resampling.map((difference) => importanceKl(difference, "laplace")),
    counts: free.map(({ n: count }) => count),
  };
}

/** The importances as columns of bars; a difference of which one side has no rollout is none. */
export function importanceColumns({ resampling, counterfactual, forced }: Importances): BarColumn[] {
  const column = (name: string, question: string, list: readonly Difference[]): BarColumn => ({
    ...{ name, question },
    values: list.map(({ value }) => value),
    low: list.map(({ low }) => low),
    high: list.map(({ high }) => high),
  });
  return [
    column("resampling", "share right when the step is kept, less when it is written anew", resampling),
    column("counterfactual", "the same, where what was written anew is another step", counterfactual),
    column("forced answer", "share right when the answer follows the step, less before it", forced),
  ];
}

/** [step, later step] row-major, NaN up to the diagonal: how much oftener j is written where i is kept. */
export function stepOnStep(rollouts: readonly Rollout[], n: number, threshold: number): Float32Array {
  const values = new Float32Array(n * n).fill(NaN);
  const writes = ({ cosine, steps }: Rollout, step: number) =>
    steps.some((_, written) => (cosine[written * n + step] ?? NaN) >= threshold);
  const share = (list: readonly Rollout[], step: number) =>
    list.length === 0 ? NaN : list.filter((one) => writes(one, step)).length / list.length;
  const of = (start: number) => rollouts.filter((one) => one.start === start && !one.forced);
  for (let i = 0; i < n; i++) {
    const [kept, removed] = [of(i + 1), of(i).filter((one) => isOther(one, i, threshold))];
    for (let j = i + 1; j < n; j++) values[i * n + j] = share(kept, j) - share(removed, j);
  }
  return values;
}

export interface Alike {
  readonly rho: number;
  readonly tau: number;
  /** Cells that both matrices have. */
  readonly n: number;
}

/** Rank correlations of two matrices over the cells that both have. */
export function alike(a: Float32Array, b: Float32Array): Alike {
  const [x, y] = [[...a], [...b]];
  const { rho, n } = spearman(x, y);
  return { rho, n, tau: kendallTau(x, y).tau };
}

export interface ReceiverHead {
  readonly name: string;
  /** NaN: its scores are all alike, or too few steps have one. */
  readonly score: number;
  /** Vertical scores by step, NaN where too few steps are later. */
  readonly vertical: readonly number[];
}

/** Every head by the kurtosis of its vertical scores, highest first; in order, without a score, where too few steps have one. */
export function receiverHeads(
  { n, nLayers, nHeads, attention }: StepAttentionResult,
  wanted: number,
  ranked: boolean,
): { readonly distance: number; readonly scored: number; readonly heads: readonly ReceiverHead[] } {
  const distance = distanceFor(n, wanted);
  const heads = Array.from({ length: nLayers * nHeads }, (_, head): ReceiverHead => {
    const own = attention.subarray(head * n * n, (head + 1) * n * n);
    const vertical = verticalScores(own, n, distance, ranked);
    return {
      name: `${Math.floor(head / nHeads)}.${head % nHeads}`,
      ...{ vertical, score: headScore(vertical) },
    };
  });
  const scored = Math.max(0, n - distance);
  if (scored < LEAST_SCORED) return { distance, scored, heads };
  const size = ({ score }: ReceiverHead) => (Number.isNaN(score) ? -Infinity : score);
  return { distance, scored, heads: heads.sort((a, b) => size(b) - size(a)) };
}
