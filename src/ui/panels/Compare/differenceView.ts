/** What is shown of an activation's difference, computed: labels, curves over whole rows, tables. */
import { sharedDomain } from "../../charts/colourScales";
import type { DataTable } from "../../charts/dataTable";
import type { ActivationDifference } from "./activation";
import { basisWords, haveOwnBases } from "./bases";
import type { RowCurve } from "./settings";
import { pairLabels, type CurveView } from "./view";

/** "12", "h3 12" where heads lie side by side, "12–14" where a cell holds several; keys by their tokens. */
export function columnLabels({ aligned, columns, rows, heads }: ActivationDifference): string[] {
  if (columns === "key" && rows.colStep === 1) return pairLabels(aligned);
  const perHead = rows.width / heads;
  const name = (i: number) => (heads === 1 ? `${i}` : `h${Math.floor(i / perHead)} ${i % perHead}`);
  return Array.from({ length: rows.cols }, (_, col) => {
    const first = col * rows.colStep;
    const last = Math.min(rows.width, first + rows.colStep) - 1;
    return first === last ? name(first) : `${name(first)}–${name(last)}`;
  });
}

const whatOf = ({ site, head }: ActivationDifference) =>
  head === undefined ? site : `${site}, head ${head}`;

/** What the caption says of it beside the two sides. */
export function partsOf(difference: ActivationDifference): string[] {
  const { colStep } = difference.rows;
  const pooled = colStep > 1 ? [`${colStep} columns to a cell, the largest |difference| shown`] : [];
  return [whatOf(difference), ...pooled, ...basisWords(difference)];
}

/** Of a typical element of either side: smaller differences are drawn pale, whatever else there is. */
const LEAST_SHARE = 0.05;

/** Root mean square of the elements of the larger row. */
function typicalElement({ left, right, width }: ActivationDifference["rows"]): number {
  const norms = [...left, ...right].filter(Number.isFinite);
  return norms.reduce((most, norm) => Math.max(most, norm), 0) / Math.sqrt(Math.max(1, width));
}

const HOW = { unit: "left − right", scale: "signed" } as const;

/** The heatmap: a row for each pair. */
export function heatOf(difference: ActivationDifference) {
  const { aligned, columns, rows } = difference;
  const dimension = rows.colStep > 1 ? `dimension, ${rows.colStep} to a cell` : "dimension";
  return {
    ...{ rows: rows.rows, cols: rows.cols, values: rows.values },
    title: `Left − right of ${whatOf(difference)}`,
    rowLabels: pairLabels(aligned),
    colLabels: columnLabels(difference),
    rowTitle: columns === "key" ? "query" : "aligned token",
    colTitle: columns === "key" ? "key" : dimension,
    ...HOW,
    domain: sharedDomain({ values: rows.values, ...HOW, least: LEAST_SHARE * typicalElement(rows) }),
  };
}

export function rowSeries(difference: ActivationDifference, curve: RowCurve): CurveView {
  const { rows } = difference;
  const what = whatOf(difference);
  if (curve === "cosine") {
    return {
      title: `Cosine of left and right, ${what}`,
      yTitle: "cosine",
      series: [{ name: "cosine", values: rows.cosine }],
    };
  }
  return {
    title: `Norms over each row, ${what}`,
    yTitle: "Euclidean norm",
    series: [
      // Below the sides, which it may hide; not drawn where it compares unlike things (the table has it).
      ...(haveOwnBases(difference)
        ? []
        : [{ name: "left − right", values: rows.difference, colour: "ink" as const }]),
      { name: "left", values: rows.left, colour: "sideA" },
      { name: "right", values: rows.right, dashed: true, colour: "sideB" },
    ],
  };
}

const text = (name: string) => ({ name, numeric: false });
const number = (name: string) => ({ name, numeric: true });

export function rowTable({ aligned, rows }: ActivationDifference): DataTable {
  const labels = pairLabels(aligned);
  return {
    columns: [
      ...[number("left position"), number("right position"), text("token")],
      ...["norm of left − right", "norm of left", "norm of right", "cosine"].map(number),
    ],
    rows: aligned.pairs.map(([l, r], i) => [
      ...[l, r, labels[i] ?? ""],
      ...[rows.difference, rows.left, rows.right, rows.cosine].map((values) => values[i] ?? NaN),
    ]),
  };
}

/** One row a pair, one column a cell. */
export function differenceTable(difference: ActivationDifference): DataTable {
  const { aligned, rows } = difference;
  const labels = pairLabels(aligned);
  return {
    columns: [
      number("left position"),
      number("right position"),
      text("token"),
      ...columnLabels(difference).map(number),
    ],
    rows: aligned.pairs.map(([l, r], i) => [
      ...[l, r, labels[i] ?? ""],
      ...rows.values.subarray(i * rows.cols, (i + 1) * rows.cols),
    ]),
  };
}
