/** Words, curves and tables of a Jacobian lens: what it is made of, both lenses side by side, how well it does. */
import type { LensResult } from "../../../../protocol/analysis";
import {
  LENS_READINGS,
  type LensInfo,
  type LensQualityResult,
  type LensQualityRow,
  type LensReading,
  type TextMean,
} from "../../../../protocol/gradients/lenses";
import type { Site } from "../../../../protocol/sites";
import { formatNumber } from "../../../../client/format";
import type { DataTable } from "../../../charts/dataTable";
import type { Series } from "../../../charts/lineChart";
import type { Judged } from "../settings";
import { curve } from "../view";

export const QUALITY_NAMES: Readonly<Record<LensReading, string>> = {
  logit: "logit lens (J = identity)",
  jacobian: "Jacobian lens",
  shuffled: "J with shuffled columns (control)",
};

const counted = (n: number, one: string, many: string) =>
  n === 1 ? `1 ${one}` : `${n.toLocaleString("en")} ${many}`;

/** "4, 6 to 9": numbers in order, runs of three or more in short. */
export function rangesOf(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const n of numbers) {
    const run = runs.at(-1);
    if (run && n === run[1] + 1) run[1] = n;
    else runs.push([n, n]);
  }
  return runs
    .flatMap(([first, last]) => {
      if (last - first > 1) return [`${first} to ${last}`];
      return first === last ? [String(first)] : [String(first), String(last)];
    })
    .join(", ");
}

/** What it was made of, for captions: only what is known. */
export function lensWords({ name, texts, layers, environment }: LensInfo): string {
  const { positions, skipFirst } = environment;
  return [
    name,
    [
      ...(texts > 0 ? [`mean over ${counted(texts, "text", "texts")}`] : []),
      ...(positions === undefined ? [] : [counted(positions, "position", "positions")]),
    ].join(", "),
    `after block${layers.length === 1 ? "" : "s"} ${rangesOf(layers)}`,
    skipFirst === undefined ? "" : leftOut(skipFirst),
  ]
    .filter(Boolean)
    .join(" · ");
}

export function leftOut(skipFirst: number): string {
  if (skipFirst === 0) return "the last position of each text left out";
  const first = skipFirst === 1 ? "position 0" : `positions 0 to ${skipFirst - 1}`;
  return `${first} and the last of each text left out`;
}

/** How far a fit is, in words. */
export function fitWords(done: number, total: number, lens: LensInfo | undefined): string {
  if (!lens) return "reading texts…";
  const { lastChange = NaN, elapsedMs = 0 } = lens;
  const left = done > 0 ? Math.ceil((elapsedMs / 1000 / done) * (total - done)) : NaN;
  return [
    `${done} of ${counted(total, "text", "texts")}`,
    ...(Number.isFinite(lastChange) ? [`the last moved J by ${formatNumber(100 * lastChange, 1)} %`] : []),
    ...(Number.isFinite(left) ? [`about ${left} s left`] : []),
  ].join(" · ");
}

export interface Tracks {
  /** Sites that both lenses read, in order. */
  readonly sites: readonly Site[];
  readonly series: readonly Series[];
}

/** Ranks of the targets through the layers by both lenses, on a scale of tens. */
export function rankTracks(logit: LensResult, jacobian: LensResult, names: readonly string[]): Tracks {
  const { sites } = jacobian;
  const places = sites.map((site) => logit.sites.indexOf(site));
  const series = names.flatMap((name, target): Series[] => {
    const plain = curve(logit, target, "rank");
    return [
      { name: `${name}, Jacobian lens`, values: curve(jacobian, target, "rank") },
      { name: `${name}, logit lens`, values: places.map((place) => plain[place] ?? NaN), dashed: true },
    ];
  });
  return { sites, series };
}

/** The rank that a value of a track stands for. */
export const rankOf = (value: number) => (Number.isNaN(value) ? "–" : String(Math.round(10 ** value - 1)));

export function tracksTable({ sites, series }: Tracks): DataTable {
  return {
    columns: [
      { name: "site", numeric: false },
      ...series.map(({ name }) => ({ name: `rank: ${name}`, numeric: true })),
    ],
    rows: sites.map((site, i) => [
      site,
      ...series.map(({ values }) => Math.round(10 ** (values[i] ?? NaN) - 1)),
    ]),
  };
}

const rowsOf = ({ rows }: LensQualityResult, reading: LensReading) =>
  rows.filter((row) => row.reading === reading);

/** A line a reading, over the lens's layers. */
export function qualitySeries(result: LensQualityResult, judged: Judged): Series[] {
  return LENS_READINGS.map((reading) => ({
    name: QUALITY_NAMES[reading],
    values: rowsOf(result, reading).map((row) => row[judged].mean),
    ...(reading !== "jacobian" && { dashed: true }),
  }));
}

export const layersOf = (result: LensQualityResult): number[] =>
  rowsOf(result, "jacobian").map(({ layer }) => layer);

export const meanWords = ({ mean, low, high }: TextMean) =>
  `${formatNumber(mean, 3)} [${formatNumber(low, 3)}, ${formatNumber(high, 3)}]`;

export function rowAt(
  { rows }: LensQualityResult,
  layer: number,
  reading: LensReading,
): LensQualityRow | undefined {
  return rows.find((row) => row.layer === layer && row.reading === reading);
}

export function qualityTable({ rows }: LensQualityResult): DataTable {
  const measures = [
    ["kl", "KL, nats"],
    ["agreesWithModel", "top token is the model's"],
    ["agreesWithNext", "top token is the next layer's"],
  ] as const;
  return {
    columns: [
      { name: "block", numeric: true },
      { name: "reading", numeric: false },
      ...measures.flatMap(([, name]) =>
        [name, `${name}, 2.5 %`, `${name}, 97.5 %`].map((column) => ({ name: column, numeric: true })),
      ),
    ],
    rows: rows.map((row) => [
      row.layer,
      QUALITY_NAMES[row.reading],
      ...measures.flatMap(([key]) => [row[key].mean, row[key].low, row[key].high]),
    ]),
  };
}

/** n, and whether the texts are new to the lens. */
export function judgedOn({ texts, positions, alsoFitted }: LensQualityResult): string {
  const overlap =
    alsoFitted === undefined
      ? "whether the lens was fitted on some of them its file does not tell"
      : alsoFitted === 0
        ? "none of them in the fit"
        : `${alsoFitted} of them ALSO IN THE FIT: choose others`;
  return `n = ${counted(texts, "text", "texts")}, ${counted(positions, "position", "positions")}; ${overlap}`;
}
