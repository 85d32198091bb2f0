/** A drawn window in words: labels of its rows and columns, what a cell holds, its table. */
import type { DataTable } from "../../charts/dataTable";
import { colsAt, colSpan, rowsAt, tokenSpan, type DrawnWindow } from "./layout";
import { valueWords } from "./words";

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** As a heatmap wants it. Masked scores are -Infinity: they are left blank. */
export function asDrawn(drawn: DrawnWindow, tokens: readonly string[]) {
  const { data, layout } = drawn;
  return {
    rows: data.rows,
    cols: data.cols,
    values: data.data.some((value) => !Number.isFinite(value))
      ? data.data.map((value) => (Number.isFinite(value) ? value : NaN))
      : data.data,
    rowLabels: upTo(data.rows).map((row) => tokenSpan(rowsAt(drawn, row), tokens)),
    colLabels: upTo(data.cols).map((col) => colSpan(layout, colsAt(drawn, col), tokens, drawn.vocabulary)),
  };
}

/** "position 5 apples · dimension 12: 0.0313". */
export function cellWords(drawn: DrawnWindow, tokens: readonly string[], row: number, col: number): string {
  const { layout, data } = drawn;
  const value = data.data[row * data.cols + col] ?? NaN;
  const pooled = data.rowStep > 1 || data.colStep > 1 ? ", the largest of these" : "";
  const place = `${layout.rowTitle} ${tokenSpan(rowsAt(drawn, row), tokens)} · ${layout.colTitle} ${colSpan(layout, colsAt(drawn, col), tokens, drawn.vocabulary)}`;
  return `${place}: ${valueWords(value)}${pooled}`;
}

/** One row a drawn cell. */
export function windowTable(drawn: DrawnWindow, tokens: readonly string[]): DataTable {
  const { layout, data } = drawn;
  const pooled = data.rowStep > 1 || data.colStep > 1;
  return {
    columns: [
      { name: layout.rowTitle, numeric: false },
      { name: layout.colTitle, numeric: false },
      { name: pooled ? "value of largest size" : "value", numeric: true },
    ],
    rows: upTo(data.rows * data.cols).map((i) => [
      tokenSpan(rowsAt(drawn, Math.floor(i / data.cols)), tokens),
      colSpan(layout, colsAt(drawn, i % data.cols), tokens, drawn.vocabulary),
      data.data[i] ?? NaN,
    ]),
  };
}
