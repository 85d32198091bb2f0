/**
 * Ways to say what a step is worth, beside each other: the same game read by different questions. How alike they rank
 * the steps is told by rank correlations.
 */
import { spearman } from "../../../../statistics/rankCorrelation";
import type { BarColumn } from "../../../charts/barColumns";
import type { ChainState } from "../../../state/chain/chain.svelte";

/** `gradients`: columns of what was asked by another way. */
export function attributionsOf(
  { game, effect, steps }: ChainState,
  gradients: readonly BarColumn[] = [],
): BarColumn[] {
  const { result } = game;
  const early = effect?.earlyValues ?? [];
  const gains = steps.map((_, i) => (early[i + 1] ?? NaN) - (early[i] ?? NaN));
  const all: BarColumn[] = [
    ...(result
      ? [
          {
            ...{ name: "Shapley value", question: "its mean gain over all orders of adding steps" },
            values: game.perStep(result.phi.values),
            low: game.perStep(result.phi.low),
            high: game.perStep(result.phi.high),
          },
        ]
      : []),
    {
      ...{ name: "leave-one-out", question: "the loss when only it is absent" },
      values: effect?.loo.length ? effect.loo : game.perStep(result?.leaveOneOut),
    },
    ...(result
      ? [
          {
            ...{ name: "leave-one-in", question: "the gain when only it is present" },
            values: game.perStep(result.leaveOneIn),
          },
        ]
      : []),
    ...(result?.banzhaf
      ? [
          {
            ...{ name: "Banzhaf value", question: "its mean gain over all sets of other steps, each alike" },
            values: game.perStep(result.banzhaf),
          },
        ]
      : []),
    {
      ...{ name: "early answering", question: "the gain when it follows all steps before it" },
      values: gains,
    },
    ...gradients,
  ];
  return all.filter(({ values }) => values.some(Number.isFinite));
}

/** Spearman's rank correlation of each pair, [row, column] row-major; 1 on the diagonal. */
export function rankCorrelations(list: readonly BarColumn[]): Float32Array {
  const n = list.length;
  return Float32Array.from({ length: n * n }, (_, at) => {
    const [row, column] = [list[Math.floor(at / n)], list[at % n]];
    if (!row || !column) return NaN;
    return row === column ? 1 : spearman(row.values, column.values).rho;
  });
}
