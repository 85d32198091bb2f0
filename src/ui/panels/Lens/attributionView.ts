/** What direct logit attribution shows, computed: bars of parts, the grid of heads, sums in words, tables. */
import type { AttributionResult, Contribution } from "../../../protocol/analysis";
import type { BarItem } from "../../charts/barListSvg";
import type { DataTable } from "../../charts/dataTable";
import { formatSigned } from "../../../client/format";
import type { Side } from "../../../client/sides";
import type { Both } from "./view";

export function partLabel({ component, kind, layer }: Contribution): string {
  const at = layer === undefined ? "" : `layer ${layer} `;
  switch (kind) {
    case "attention":
      return `${at}attention`;
    case "mlp":
      return `${at}MLP`;
    case "edit":
      return `edit of ${component.replace(/^blocks\.\d+\./, at)}`;
    case "embed":
      return component === "embed" ? "token embedding" : "position embedding";
    default:
      return component;
  }
}

/** Value of each component on a side; what one run lacks counts as zero. */
function valuesOn(
  of: (result: AttributionResult) => readonly Contribution[],
  { now, baseline }: Both<AttributionResult>,
  side: Side,
): (Contribution & { readonly base: number | undefined })[] {
  const known = new Map((baseline ? of(baseline) : []).map((part) => [part.component, part]));
  const baseOf = ({ component }: Contribution) => (baseline ? (known.get(component)?.value ?? 0) : undefined);
  return of(now).flatMap((part) => {
    const base = baseOf(part);
    if (side === "now" || base === undefined) return [{ ...part, base }];
    // The baseline has no edits to show.
    if (side === "baseline") return part.kind === "edit" ? [] : [{ ...part, value: base, base }];
    return [{ ...part, value: part.value - base, base }];
  });
}

/** In the order of the forward pass. */
export function barItems(answer: Both<AttributionResult>, side: Side): BarItem[] {
  return valuesOn(({ parts }) => parts, answer, side).map((part) => ({
    id: part.component,
    label: partLabel(part),
    value: part.value,
    ...(part.base === undefined || side !== "now" ? {} : { note: `baseline ${formatSigned(part.base)}` }),
  }));
}

/** Values of both runs: whichever side is shown, the axis is theirs. */
export const barsAlongside = (answer: Both<AttributionResult>): number[] =>
  answer.baseline
    ? [answer.now, answer.baseline].flatMap(({ parts }) => parts.map(({ value }) => value))
    : [];
export const headsAlongside = (answer: Both<AttributionResult>): number[] =>
  answer.baseline
    ? [answer.now, answer.baseline].flatMap(({ heads }) => heads.map(({ value }) => value))
    : [];

export interface HeadGrid {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
  readonly rowLabels: readonly string[];
  /** Heads, then what else is in the attention of some layer. */
  readonly colLabels: readonly string[];
}

/** Layers downwards, heads to the right, then biases and edits of attention outputs where there are any. */
export function headGrid(
  answer: Both<AttributionResult>,
  side: Side,
  nLayers: number,
  nHeads: number,
): HeadGrid {
  const parts = valuesOn(({ heads }) => heads, answer, side);
  const extras = [
    ...(parts.some(({ kind }) => kind === "headBias") ? (["headBias"] as const) : []),
    ...(parts.some(({ kind }) => kind === "edit") ? (["edit"] as const) : []),
  ];
  const cols = nHeads + extras.length;
  const values = new Float32Array(nLayers * cols).fill(NaN);
  for (const { kind, layer = 0, head, value } of parts) {
    const col = head ?? nHeads + extras.findIndex((extra) => extra === kind);
    values[layer * cols + col] = value;
  }
  const names = { headBias: "bias", edit: "edit" };
  return {
    rows: nLayers,
    cols,
    values,
    rowLabels: Array.from({ length: nLayers }, (_, layer) => String(layer)),
    colLabels: [
      ...Array.from({ length: nHeads }, (_, head) => String(head)),
      ...extras.map((extra) => names[extra]),
    ],
  };
}

function table(
  of: (result: AttributionResult) => readonly Contribution[],
  answer: Both<AttributionResult>,
): DataTable {
  const rows = valuesOn(of, answer, "now");
  const number = (name: string) => ({ name, numeric: true });
  return {
    columns: [
      { name: "component", numeric: false },
      number("logits"),
      ...(answer.baseline ? [number("logits, baseline"), number("difference")] : []),
    ],
    rows: rows.map(({ component, value, base }) => [
      component,
      value,
      ...(base === undefined ? [] : [base, value - base]),
    ]),
  };
}

export const partsTable = (answer: Both<AttributionResult>) => table(({ parts }) => parts, answer);
export const headsTable = (answer: Both<AttributionResult>) => table(({ heads }) => heads, answer);

/** The sum, the logit and what rounding leaves between them. */
export function sumWords({ parts, logit, residual }: AttributionResult): string {
  const sum = parts.reduce((total, { value }) => total + value, 0);
  return `sum of parts ${formatSigned(sum, 4)} · logit ${formatSigned(logit, 4)} · sum − logit ${formatSigned(residual, 4)}`;
}

/** "logit of “ 10”", "logit of “ 10” − logit of “ 9”". */
export function askedWords(target: string, minus: string | undefined): string {
  return minus === undefined ? `logit of “${target}”` : `logit of “${target}” − logit of “${minus}”`;
}
