/** What the panel shows, computed: rows of the distribution, lines over the positions, where two texts part. */
import { nice } from "d3-array";
import type { CompareResult, Prediction } from "../../../protocol/analysis";
import type { DataTable } from "../../charts/dataTable";

export interface DistributionRow {
  readonly id: number;
  /** log p in nats and how many tokens are more probable, now and at baseline; NaN: not known. */
  readonly now: number;
  readonly baseline: number;
  readonly rankNow: number;
  readonly rankBaseline: number;
}

/** Of every listed token: both numbers. From `detail`, which followed them; else from the lists, as far as they go. */
export interface Detail {
  readonly ids: readonly number[];
  readonly base: Prediction;
  readonly other: Prediction;
}

/** Padding of a list that is longer than the vocabulary. */
const NO_TOKEN = 0xffffffff;

function inList({ top }: Prediction, id: number): { readonly logProb: number; readonly rank: number } {
  const index = top.ids.indexOf(id);
  return index < 0 ? { logProb: NaN, rank: NaN } : { logProb: top.logProbs[index] ?? NaN, rank: index };
}

/** The tokens of both lists, most probable now first. */
export function distributionRows(base: Prediction, other: Prediction, detail?: Detail): DistributionRow[] {
  const ids = [...new Set([...other.top.ids, ...base.top.ids])].filter((id) => id !== NO_TOKEN);
  const rows = ids.map((id) => {
    const at = detail?.ids.indexOf(id) ?? -1;
    const now = detail?.other.targets[at] ?? inList(other, id);
    const before = detail?.base.targets[at] ?? inList(base, id);
    return {
      id,
      ...{ now: now.logProb, rankNow: now.rank },
      ...{ baseline: before.logProb, rankBaseline: before.rank },
    };
  });
  const order = (value: number) => (Number.isNaN(value) ? -Infinity : value);
  return rows.sort((a, b) => order(b.now) - order(a.now) || a.id - b.id);
}

/** The end of the axis that all bars share: a round number that holds every probability. */
export function probabilityEnd(rows: readonly DistributionRow[]): number {
  const largest = Math.max(
    0,
    ...rows
      .flatMap(({ now, baseline }) => [now, baseline])
      .filter(Number.isFinite)
      .map(Math.exp),
  );
  const [, end] = nice(0, largest || 1, 4);
  return Math.min(1, end);
}

export interface Lines {
  readonly now: Float32Array;
  readonly baseline: Float32Array;
}

/** log p of the token that follows in the text itself, after every position; none after the last. */
export const textLines = ({ baseNext, otherNext }: CompareResult): Lines => ({
  now: otherNext,
  baseline: baseNext,
});

function lines(result: CompareResult, read: (prediction: Prediction) => number): Lines {
  return {
    now: Float32Array.from(result.other, read),
    baseline: Float32Array.from(result.base, read),
  };
}

/** log p of the `index`-th followed token after every position. */
export const logProbLines = (result: CompareResult, index: number): Lines =>
  lines(result, ({ targets }) => targets[index]?.logProb ?? NaN);

/** log10(1 + rank), 0 for the most probable token: ranks of a large vocabulary span five decades. */
export const rankLines = (result: CompareResult, index: number): Lines =>
  lines(result, ({ targets }) => Math.log10((targets[index]?.rank ?? NaN) + 1));

/** log p of one followed token minus that of another: the difference of their logits. */
export const differenceLines = (result: CompareResult, index: number, minus: number): Lines =>
  lines(result, ({ targets }) => (targets[index]?.logProb ?? NaN) - (targets[minus]?.logProb ?? NaN));

const number = (name: string) => ({ name, numeric: true });
const word = (name: string) => ({ name, numeric: false });

export function distributionTable(
  rows: readonly DistributionRow[],
  nameOf: (id: number) => string,
  hasEdits: boolean,
): DataTable {
  const own = ["probability", "log p, nats", "rank"].map(number);
  const base = ["baseline probability", "baseline log p, nats", "baseline rank", "change of log p, nats"].map(
    number,
  );
  return {
    columns: [word("token"), number("id"), ...own, ...(hasEdits ? base : [])],
    rows: rows.map(({ id, now, baseline, rankNow, rankBaseline }) => [
      nameOf(id),
      id,
      ...[Math.exp(now), now, rankNow],
      ...(hasEdits ? [Math.exp(baseline), baseline, rankBaseline, now - baseline] : []),
    ]),
  };
}

/** A row a position: its token, then the lines. */
export function linesTable(
  tokens: readonly string[],
  series: readonly { readonly name: string; readonly values: ArrayLike<number> }[],
): DataTable {
  return {
    columns: [number("position"), word("token"), ...series.map(({ name }) => number(name))],
    rows: tokens.map((text, i) => [i, text, ...series.map(({ values }) => values[i] ?? NaN)]),
  };
}
