/**
 * Ways to say what a step is worth, beside each other: the same game read by different questions. How alike they rank
 * the steps is told by rank correlations.
 */
import { spearman } from "../../../statistics/rankCorrelation";
import type { DataTable } from "../../charts/dataTable";
import type { ChainState } from "../../session/chain.svelte";

export interface Attribution {
  readonly name: string;
  /** What it asks. */
  readonly question: string;
  /** One number a step, NaN where there is none. */
  readonly values: readonly number[];
  /** 95 % bounds, where there is a spread. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
}

export function attributionsOf({ game, effect, steps }: ChainState): Attribution[] {
  const { result } = game;
  const early = effect?.earlyValues ?? [];
  const gains = steps.map((_, i) => (early[i + 1] ?? NaN) - (early[i] ?? NaN));
  const all: Attribution[] = [
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
      values: effect?.loo ?? [],
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
  ];
  return all.filter(({ values }) => values.some(Number.isFinite));
}

export function attributionTable(list: readonly Attribution[], steps: readonly string[]): DataTable {
  const spread = (one: Attribution) => (one.low && one.high ? [one.low, one.high] : []);
  return {
    columns: [
      { name: "step", numeric: true },
      { name: "text", numeric: false },
      ...list.flatMap((one) => [
        { name: one.name, numeric: true },
        ...spread(one).map((_, i) => ({ name: `${one.name}, ${i === 0 ? "low" : "high"}`, numeric: true })),
      ]),
    ],
    rows: steps.map((text, i) => [
      i + 1,
      text.trim(),
      ...list.flatMap((one) => [one.values[i] ?? NaN, ...spread(one).map((bound) => bound[i] ?? NaN)]),
    ]),
  };
}

/** Spearman's rank correlation of each pair, [row, column] row-major; 1 on the diagonal. */
export function rankCorrelations(list: readonly Attribution[]): Float32Array {
  const n = list.length;
  return Float32Array.from({ length: n * n }, (_, at) => {
    const [row, column] = [list[Math.floor(at / n)], list[at % n]];
    if (!row || !column) return NaN;
    return row === column ? 1 : spearman(row.values, column.values).rho;
  });
}
