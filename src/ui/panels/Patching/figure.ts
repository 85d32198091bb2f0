/** What the figure of a sweep says: title, axes, levels of base and donor, cells in words, table, caption. */
import type { DataTable } from "../../charts/dataTable";
import type { SweepChange } from "../../../protocol/analysis";
import type { NamedTokens } from "../../../protocol/interventions";
import { formatNumber, formatSigned } from "../../../client/format";
import { placeText } from "./cellEdit";
import { exactAt, gradientPlace, isFirstOrder } from "./firstOrder";
import {
  formatShown,
  hasShare,
  largest,
  requestAt,
  shownValue,
  unitOf,
  type Grid,
  type Outcome,
} from "./outcome";
import type { Shown } from "./settings";

/** Bars of a list; the table has all. */
const SHOWN_BARS = 30;
/** Differences between two prompts that are listed one by one. */
const FEW_PLACES = 3;

export interface Drawing {
  readonly title: string;
  readonly values: Float32Array;
  readonly colLabels: readonly string[];
  readonly rowTitle: string;
  readonly colTitle: string;
  readonly unit: string;
  readonly scale: "sequential" | "signed";
  /** The unchanged run and, when patching, the other one. */
  readonly levels: string;
  /** In place of a heatmap, largest first. */
  readonly bars?: readonly { readonly id: string; readonly label: string; readonly value: number }[];
  readonly omitted?: string;
}

export function changeText(change: SweepChange): string {
  switch (change.kind) {
    case "zero":
      return "set to zero";
    case "mean":
      return `set to the mean over ${change.over.name}`;
    case "resample":
      return `taken from a prompt of ${change.from.name}, drawn by seed ${change.seed}`;
    case "patch":
      return "patched from the other prompt";
  }
}

function subject({ requests }: Outcome): string {
  const axes = requests[0]?.axes;
  if (requests.length > 1) return "Heads (attn.z), attention and MLP of each layer";
  switch (axes?.kind) {
    case "layerPosition":
      return `${axes.site} at each layer and position`;
    case "layerHead":
      return `${axes.site} of each head`;
    case "layerSublayer":
      return "Attention and MLP of each layer";
    case "neurons":
      return `Neurons of layer ${axes.layer}`;
    default:
      return "Sites";
  }
}

/** Behind a title: that the cells are estimates, and where their gradient was taken. */
function orderText(request: Outcome["requests"][number] | undefined): string {
  return request && isFirstOrder(request) ? `, first order (gradient ${gradientPlace(request)})` : "";
}

export function drawingOf(outcome: Outcome, grid: Grid, shown: Shown): Drawing {
  const [request] = outcome.requests;
  const kind = request?.metric.kind ?? "kl";
  const axes = request?.axes;
  const { base, donor } = grid;
  const isPosition = axes?.kind === "layerPosition";
  const isList = grid.colLabels.length === 1 && (axes?.kind === "neurons" || axes?.kind === "sites");
  const what = shown === "share" ? `share of the way in ${outcome.metric}` : outcome.metric;
  const drawn = Float32Array.from(grid.values, (value) => shownValue(value, grid, shown));
  const bars = largest(grid, SHOWN_BARS).map(({ row, col, value }) => ({
    id: String(row),
    label: placeText(request as Outcome["requests"][number], row, col, outcome.tokens),
    value: shownValue(value, grid, shown),
  }));
  return {
    title: `${subject(outcome)}, ${request ? changeText(request.change) : ""}: ${shown === "change" ? "change of " : ""}${what}${orderText(request)}`,
    values: drawn,
    colLabels: isPosition
      ? grid.colLabels.map((label) => `${label} ${outcome.tokens[Number(label)] ?? ""}`)
      : grid.colLabels,
    rowTitle: axes?.kind === "neurons" ? "neuron" : axes?.kind === "sites" ? "site" : "layer",
    colTitle: isPosition
      ? "position and token"
      : outcome.requests.length > 1
        ? "part"
        : axes?.kind === "layerHead"
          ? "head"
          : "part",
    unit: unitOf(kind, shown),
    // Probabilities and divergences have no sign.
    scale: shown === "metric" && (kind === "probability" || kind === "kl") ? "sequential" : "signed",
    levels: [
      `${outcome.metric}, read after position ${request?.position ?? 0}`,
      `without the change ${formatNumber(base)}`,
      ...(donor === undefined ? [] : [`in the other prompt ${formatNumber(donor)}`]),
    ].join(" · "),
    ...(isList ? { bars } : {}),
    ...(isList && grid.values.length > SHOWN_BARS
      ? { omitted: `The ${SHOWN_BARS} largest of ${grid.values.length}; the table and exports have all.` }
      : {}),
  };
}

/** The number inside a cell that has room for it. */
export function cellText(value: number): string {
  return Number.isNaN(value) ? "" : formatNumber(value, Math.abs(value) < 10 ? 2 : 1);
}

/** One cell in words: where, the metric, its change, and the share of the way to the other prompt. */
export function describeCell(outcome: Outcome, grid: Grid, shown: Shown, row: number, col: number): string {
  const at = requestAt(outcome, col);
  if (!at) return "";
  const where = placeText(at.request, row, at.col, outcome.tokens);
  const value = grid.values[row * grid.colLabels.length + col] ?? NaN;
  if (Number.isNaN(value)) return `${where}: not computed`;
  const share = hasShare(grid)
    ? ` · ${formatShown(shownValue(value, grid, "share"), "share")} of the way`
    : "";
  const order = isFirstOrder(at.request) ? "to first order " : "";
  const exact = exactAt(outcome, row, col);
  const truth = exact === undefined ? "" : ` · exact change ${formatSigned(exact - grid.base, 3)}`;
  return `${where}: ${order}${outcome.metric} ${formatNumber(value)} · change ${formatSigned(value - grid.base, 3)}${share}${truth}`;
}

/** Every cell that was computed, one a row. */
export function tableOf(outcome: Outcome, grid: Grid): DataTable {
  const share = hasShare(grid);
  const order = outcome.requests.some(isFirstOrder) ? ", first order" : "";
  const cols = grid.colLabels.length;
  const rows = Array.from(grid.values, (value, i) => {
    const [row, col] = [Math.floor(i / cols), i % cols];
    const at = requestAt(outcome, col);
    const cell = at ? placeText(at.request, row, at.col, outcome.tokens) : "";
    return [cell, value, value - grid.base, ...(share ? [shownValue(value, grid, "share")] : [])] as (
      string | number
    )[];
  });
  return {
    columns: [
      { name: "cell", numeric: false },
      { name: outcome.metric + order, numeric: true },
      { name: `change${order}`, numeric: true },
      ...(share ? [{ name: `share of the way${order}`, numeric: true }] : []),
    ],
    rows,
  };
}

/** The other prompt in words: where it differs, if that is in few places; else its text. */
function otherText({ requests, tokens, otherTokens }: Outcome, { text, tokens: ids }: NamedTokens): string {
  const own = requests[0]?.prompt.tokens ?? [];
  const differing = ids.flatMap((id, i) => (id === own[i] ? [] : [i]));
  if (differing.length === 0) return "the same";
  if (differing.length > FEW_PLACES) return `“${text.trim()}”`;
  return differing
    .map((i) => `“${otherTokens?.[i] ?? ""}” for “${tokens[i] ?? ""}” at position ${i}`)
    .join(", ");
}

/** For the caption: what was changed, how it was measured, how many cells. */
export function settingsText(outcome: Outcome, running: boolean): string[] {
  const [request] = outcome.requests;
  if (!request) return [];
  const done = outcome.results.reduce((sum, { cellsDone }) => sum + cellsDone, 0);
  const { change } = request;
  return [
    `${subject(outcome)}, ${changeText(change)}`,
    ...(change.kind === "patch" ? [`other prompt: ${otherText(outcome, change.from)}`] : []),
    `metric ${outcome.metric} after position ${request.position}`,
    ...(isFirstOrder(request)
      ? [
          `first order: metric without the change + gradient · (value put in − value there), gradient taken ${gradientPlace(request)}`,
        ]
      : []),
    outcome.complete
      ? `n = ${done} cells`
      : `n = ${done} cells ${running ? "so far" : "of a sweep that was stopped"}`,
  ];
}
