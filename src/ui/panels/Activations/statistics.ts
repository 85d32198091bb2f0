/** Statistics as rows of tables: of one tensor now and without edits, of several prompts and all of them together. */
import { SIDES, type Side } from "../../../client/sides";
import type { TensorStats } from "../../../protocol/analysis";
import { siteDoc, type Site } from "../../../protocol/sites";
import type { DataTable } from "../../charts/dataTable";

/** Of one text: as it is, without edits, and how the two differ. Without edits only `now`. */
export type TextStats = Readonly<Partial<Record<Side, TensorStats>>>;

export const MEASURES = [
  ["mean", ({ mean }) => mean],
  ["deviation", ({ deviation }) => deviation],
  ["smallest", ({ min }) => min],
  ["largest", ({ max }) => max],
  ["norm", ({ norm }) => norm],
  ["elements", ({ count }) => count],
  ["not finite", ({ notFinite }) => notFinite],
] as const satisfies readonly (readonly [string, (stats: Moments) => number])[];

export type Moments = Pick<
  TensorStats,
  "count" | "mean" | "deviation" | "min" | "max" | "norm" | "notFinite"
>;

/** What several tensors together are like: as if their elements were one tensor's. */
export function together(stats: readonly Moments[]): Moments {
  const counted = stats.filter(({ count }) => count > 0);
  const sum = (of: (one: Moments) => number) => counted.reduce((total, one) => total + of(one), 0);
  const count = sum((one) => one.count);
  const mean = sum((one) => one.count * one.mean) / count;
  // Within each tensor, and of the tensors' means.
  const variance = sum((one) => one.count * (one.deviation ** 2 + (one.mean - mean) ** 2)) / count;
  return {
    ...{ count, mean, deviation: Math.sqrt(variance) },
    min: count > 0 ? Math.min(...counted.map(({ min }) => min)) : NaN,
    max: count > 0 ? Math.max(...counted.map(({ max }) => max)) : NaN,
    norm: Math.sqrt(sum(({ norm }) => norm ** 2)),
    notFinite: stats.reduce((total, one) => total + one.notFinite, 0),
  };
}

/** One row a measure, one column for each that is there. */
export function momentsTable(stats: TextStats): DataTable {
  const shown = SIDES.flatMap((name) => {
    const found = stats[name];
    return found ? [[name, found] as const] : [];
  });
  return {
    columns: [
      { name: "measure", numeric: false },
      ...shown.map(([name]) => ({ name: shown.length > 1 ? name : "value", numeric: true })),
    ],
    rows: MEASURES.map(([name, of]) => [name, ...shown.map(([, found]) => of(found))]),
  };
}

/** One row a prompt, and one for all together. */
export function promptsTable(texts: readonly string[], stats: readonly Moments[]): DataTable {
  const row = (name: string, one: Moments) => [name, ...MEASURES.map(([, of]) => of(one))];
  return {
    columns: [{ name: "prompt", numeric: false }, ...MEASURES.map(([name]) => ({ name, numeric: true }))],
    rows: [
      ...texts.map((text, i) => row(text, stats[i] ?? together([]))),
      ...(texts.length > 1 ? [row(`all ${texts.length}`, together(stats))] : []),
    ],
  };
}

export interface Outlier {
  readonly at: readonly number[];
  readonly where: string;
  readonly value: number;
  /** Deviations from the mean. */
  readonly deviations: number;
}

const AXIS_WORDS: Readonly<Record<string, string>> = {
  ...{ pos: "position", query: "query", key: "key", head: "head" },
  ...{ dModel: "dimension", dHead: "dimension", dMlp: "neuron", dVocab: "token id" },
};
const HAS_TOKEN = new Set(["pos", "query", "key"]);

/** The largest elements in words: "position 5 “apples”, head 2, dimension 7". */
export function outliersOf(
  site: Site,
  stats: TensorStats,
  tokens: readonly string[],
  vocabulary: ReadonlyMap<number, string>,
): Outlier[] {
  const axes = siteDoc(site).shape;
  return stats.outliers.map(({ at, value }) => ({
    ...{ at, value },
    where: at
      .flatMap((index, axis) => {
        const name = axes[axis] ?? "";
        if (name === "one") return [];
        const token = HAS_TOKEN.has(name)
          ? tokens[index]
          : name === "dVocab"
            ? vocabulary.get(index)
            : undefined;
        return `${AXIS_WORDS[name] ?? name} ${index}${token === undefined ? "" : ` “${token}”`}`;
      })
      .join(", "),
    deviations: stats.deviation > 0 ? (value - stats.mean) / stats.deviation : 0,
  }));
}

export function outliersTable(outliers: readonly Outlier[]): DataTable {
  return {
    columns: [
      { name: "where", numeric: false },
      { name: "value", numeric: true },
      { name: "deviations from the mean", numeric: true },
    ],
    rows: outliers.map(({ where, value, deviations }) => [where, value, deviations]),
  };
}

/** How far colours reach where outliers are cut off. */
export const CLIP_DEVIATIONS = 4;

/** The values that the first and the last colour stand for. */
export function colourRange(
  { min, max, mean, deviation }: Moments,
  scale: "signed" | "sequential",
  clip: boolean,
): readonly [number, number] {
  if (Number.isNaN(min)) return scale === "signed" ? [-1, 1] : [0, 1];
  if (scale === "sequential") return [Math.min(0, min), max > 0 ? max : 1];
  const largest = Math.max(Math.abs(min), Math.abs(max)) || 1;
  const end = clip ? Math.min(largest, Math.abs(mean) + CLIP_DEVIATIONS * deviation || largest) : largest;
  return [-end, end];
}

export interface NormSeries {
  readonly name: string;
  readonly values: Float32Array;
  readonly dashed?: boolean;
}

/** Norms along the first axis: of what is shown, and of the baseline beside now. */
export function normSeries(stats: TextStats, shown: Side): NormSeries[] {
  const { now, baseline, difference } = stats;
  if (shown === "difference" && difference) return [{ name: "now − baseline", values: difference.norms }];
  return [
    ...(now ? [{ name: baseline ? "now" : "norm", values: now.norms }] : []),
    ...(baseline ? [{ name: "baseline", values: baseline.norms, dashed: true }] : []),
  ];
}

export function normsTable(
  series: readonly NormSeries[],
  labels: readonly string[],
  axis: "head" | "position",
): DataTable {
  const named = axis === "position";
  return {
    columns: [
      { name: axis, numeric: true },
      ...(named ? [{ name: "token", numeric: false }] : []),
      ...series.map(({ name }) => ({ name: name === "norm" ? name : `norm, ${name}`, numeric: true })),
    ],
    rows: labels.map((label, i) => [
      i,
      ...(named ? [label] : []),
      ...series.map(({ values }) => values[i] ?? NaN),
    ]),
  };
}
