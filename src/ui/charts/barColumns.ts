/** Signed numbers of several kinds for the same rows, all on one axis: what the chart and its figure for paper share. */
import type { DataTable } from "./dataTable";

export interface BarColumn {
  readonly name: string;
  /** What it asks. */
  readonly question: string;
  /** One number a row, NaN where there is none. */
  readonly values: readonly number[];
  /** 95 % bounds, where there is a spread. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
}

/** Every number that the axis has to hold. */
export const barNumbers = (columns: readonly BarColumn[]) =>
  columns.flatMap(({ values, low = [], high = [] }) => [...values, ...low, ...high]);

export function barTable(columns: readonly BarColumn[], rows: readonly string[], rowName: string): DataTable {
  const spread = ({ low, high }: BarColumn) => (low && high ? [low, high] : []);
  return {
    columns: [
      { name: rowName, numeric: true },
      { name: "text", numeric: false },
      ...columns.flatMap((one) => [
        { name: one.name, numeric: true },
        ...spread(one).map((_, i) => ({ name: `${one.name}, ${i === 0 ? "low" : "high"}`, numeric: true })),
      ]),
    ],
    rows: rows.map((text, i) => [
      i + 1,
      text.trim(),
      ...columns.flatMap((one) => [one.values[i] ?? NaN, ...spread(one).map((bound) => bound[i] ?? NaN)]),
    ]),
  };
}
