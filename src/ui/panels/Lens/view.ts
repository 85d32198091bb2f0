/** What the logit lens shows, computed: which positions, the value and the words of a cell, the curve, the table. */
import type { LensResult, Prediction } from "../../../protocol/analysis";
import { siteLayer, siteName, type Site } from "../../../protocol/sites";
import type { DataTable } from "../../charts/dataTable";
import { formatNumber, formatProbability, formatSigned } from "../../../client/format";
import { siteLabel } from "../../../client/tokens/residualSites";
import type { TextOf } from "../../../client/tokens/tokenTargets";
import { tokenLabel, tokenMarks } from "../../../client/tokens/tokenText";
import type { Side } from "../../../client/sides";
import type { Colour, Measure } from "./settings";

/** An answer under edits, and the same one without; without edits there is only the first. */
export interface Both<T> {
  readonly now: T;
  readonly baseline?: T | undefined;
}

/** The first position shown: the same as before while the pinned one is in sight, else such that it is in the middle. */
export function windowStart(before: number, pinned: number, count: number, size: number): number {
  const last = Math.max(0, count - size);
  const start = Math.max(0, Math.min(before, last));
  if (pinned >= start && pinned < start + size) return start;
  return Math.max(0, Math.min(pinned - Math.floor(size / 2), last));
}

/** Which site is chosen: the one that was, while its layer is; else the layer's last; at first the model's output. */
export function selectedIndex(sites: readonly Site[], chosen: Site, layer: number): number {
  const last = sites.length - 1;
  const at = sites.indexOf(chosen);
  if (at < 0) return last;
  if (siteLayer(chosen) === layer) return at;
  const post = sites.findIndex((site) => siteLayer(site) === layer && siteName(site) === "resid_post");
  return post < 0 ? last : post;
}

/** The rank on a scale of tens: 0 for the most probable token. */
const rankScale = (rank: number) => Math.log10(1 + rank);

export function cellValue({ top, entropy, targets: [target] }: Prediction, colour: Colour): number {
  switch (colour) {
    case "top":
      return Math.exp(top.logProbs[0] ?? NaN);
    case "target":
      return Math.exp(target?.logProb ?? NaN);
    case "rank":
      return rankScale(target?.rank ?? NaN);
    case "entropy":
      return entropy;
  }
}

/** Row-major, the last site on top. */
function sideValues({ cells }: LensResult, colour: Colour): Float32Array {
  return Float32Array.from([...cells].reverse().flatMap((row) => row.map((cell) => cellValue(cell, colour))));
}

export function gridValues({ now, baseline }: Both<LensResult>, colour: Colour, side: Side): Float32Array {
  if (!baseline || side === "now") return sideValues(now, colour);
  const base = sideValues(baseline, colour);
  return side === "baseline" ? base : sideValues(now, colour).map((value, i) => value - (base[i] ?? NaN));
}

export interface Scale {
  readonly kind: "sequential" | "signed";
  readonly unit: string;
  readonly domain: readonly [number, number] | undefined;
  format(value: number): string;
}

/** How the values of a colour are read. Ranks are on a scale of tens and written as ranks. */
export function scaleOf(colour: Colour, side: Side, dVocab: number): Scale {
  const unit = { top: "probability", target: "probability", rank: "rank", entropy: "nats" }[colour];
  if (side === "difference") {
    const difference = colour === "rank" ? "difference of log₁₀(1 + rank)" : unit;
    return { kind: "signed", unit: difference, domain: undefined, format: (value) => formatSigned(value, 3) };
  }
  if (colour === "rank") {
    const format = (value: number) => (Number.isNaN(value) ? "–" : String(Math.round(10 ** value - 1)));
    return { kind: "sequential", unit, domain: [0, Math.log10(dVocab)], format };
  }
  if (colour === "entropy")
    return {
      kind: "sequential",
      unit,
      domain: [0, Math.log(dVocab)],
      format: (value) => formatNumber(value, 2),
    };
  return { kind: "sequential", unit, domain: [0, 1], format: formatProbability };
}

/** One line about a cell: where it is, what it says. */
export function cellWords(
  site: Site,
  position: string,
  { top, entropy }: Prediction,
  textOf: TextOf,
): string {
  const first = [...top.ids]
    .slice(0, 3)
    .map((id, i) => `${tokenLabel(textOf(id))} ${formatProbability(Math.exp(top.logProbs[i] ?? NaN))}`);
  return `${siteLabel(site)} · ${position} → ${first.join(", ")} · entropy ${formatNumber(entropy, 2)} nats`;
}

/** A target through the layers, in the order of the forward pass. */
export function curve({ cells }: LensResult, target: number, measure: Measure): Float32Array {
  return Float32Array.from(cells, ([cell]) => {
    const found = cell?.targets[target];
    if (!found) return NaN;
    if (measure === "rank") return rankScale(found.rank);
    return measure === "logProb" ? found.logProb : Math.exp(found.logProb);
  });
}

/** The probability of a token in a prediction's list, NaN below it. */
function probabilityOf(prediction: Prediction | undefined, id: number): number {
  const at = prediction ? prediction.top.ids.indexOf(id) : -1;
  return at < 0 ? NaN : Math.exp(prediction?.top.logProbs[at] ?? NaN);
}

export interface TopRow {
  readonly id: number;
  /** With its spaces as dots: tokens may differ by nothing else. */
  readonly text: string;
  readonly now: number;
  readonly baseline: number;
}

function spaced(token: string): string {
  const { before, text: inner, after } = tokenMarks(token, true);
  return before + inner + after;
}

/** The most probable tokens of a cell under edits, with what they have without. */
export function topRows(now: Prediction, baseline: Prediction | undefined, textOf: TextOf): TopRow[] {
  return [...now.top.ids].map((id, i) => ({
    id,
    text: spaced(textOf(id)),
    now: Math.exp(now.top.logProbs[i] ?? NaN),
    baseline: probabilityOf(baseline, id),
  }));
}

const text = (name: string) => ({ name, numeric: false });
const number = (name: string) => ({ name, numeric: true });

/** Every cell of the window, one row each, in the order of the forward pass. */
export function gridTable(
  { now, baseline }: Both<LensResult>,
  tokens: readonly string[],
  textOf: TextOf,
): DataTable {
  const hasTarget = (now.cells[0]?.[0]?.targets.length ?? 0) > 0;
  const sides = [
    { suffix: "", result: now },
    ...(baseline ? [{ suffix: ", baseline", result: baseline }] : []),
  ];
  const columns = sides.flatMap(({ suffix }) => [
    text(`top token${suffix}`),
    ...["probability", "entropy, nats", ...(hasTarget ? ["log p(target), nats", "rank(target)"] : [])].map(
      (name) => number(name + suffix),
    ),
  ]);
  const cell = (prediction: Prediction | undefined): (string | number)[] => {
    const [target] = prediction?.targets ?? [];
    return [
      textOf(prediction?.top.ids[0] ?? NaN),
      Math.exp(prediction?.top.logProbs[0] ?? NaN),
      prediction?.entropy ?? NaN,
      ...(hasTarget ? [target?.logProb ?? NaN, target?.rank ?? NaN] : []),
    ];
  };
  return {
    columns: [text("site"), number("position"), text("token"), ...columns],
    rows: now.sites.flatMap((site, s) =>
      now.positions.map((position, p) => [
        site,
        position,
        tokens[p] ?? "",
        ...sides.flatMap(({ result }) => cell(result.cells[s]?.[p])),
      ]),
    ),
  };
}

export interface Series {
  readonly name: string;
  readonly values: Float32Array;
  readonly dashed?: boolean;
}

/** The curves of the targets, and dashed those without edits. */
export function curveSeries(answer: Both<LensResult>, names: readonly string[], measure: Measure): Series[] {
  const { now, baseline } = answer;
  return names.flatMap((name, target): Series[] => [
    { name, values: curve(now, target, measure) },
    ...(baseline
      ? [{ name: `${name}, baseline`, values: curve(baseline, target, measure), dashed: true }]
      : []),
  ]);
}

export function curveTable(sites: readonly Site[], series: readonly Series[], measure: string): DataTable {
  return {
    columns: [text("site"), ...series.map(({ name }) => number(`${measure}: ${name}`))],
    rows: sites.map((site, i) => [site, ...series.map(({ values }) => values[i] ?? NaN)]),
  };
}
