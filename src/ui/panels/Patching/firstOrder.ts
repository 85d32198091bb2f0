/** What the panel says of cells to first order: where the gradient was taken, how far the estimates are from exact runs. */
import type { SweepRequest, SweepResult } from "../../../protocol/analysis";
import type {
  AttributionPatchingRequest,
  AttributionPatchingResult,
  CheckedCell,
} from "../../../protocol/gradients/attributions";
import type { DataTable } from "../../charts/dataTable";
import type { ScatterPoint } from "../../charts/scatter/scatter";
import { agreementText } from "../../../client/metrics/agreementText";
import { placeText } from "./cellEdit";
import { unitOf, type Outcome } from "./outcome";

export const isFirstOrder = (request: SweepRequest): request is AttributionPatchingRequest => "at" in request;
export const isEstimate = (result: SweepResult): result is AttributionPatchingResult => "order" in result;

/** Behind "gradient taken". */
export function gradientPlace({ at, change }: AttributionPatchingRequest): string {
  const other = change.kind === "patch" ? "the other prompt" : "the drawn prompt";
  switch (at.kind) {
    case "prompt":
      return "in this prompt";
    case "donor":
      return `in ${other}`;
    case "path":
      return `along the path to ${other}, mean of ${at.steps} steps`;
  }
}

/** The parts of an outcome that are estimates, each with what was asked. */
function estimated({ requests, results }: Outcome) {
  return results.flatMap((result, i) => {
    const request = requests[i];
    return request && isFirstOrder(request) && isEstimate(result) ? [{ request, result }] : [];
  });
}

/** Why the estimates say nothing: gradients that are zero or not finite. Undefined while all is well. */
export function alarmText(outcome: Outcome): string | undefined {
  const alarms = estimated(outcome).flatMap(({ request, result }) =>
    result.alarms.map(({ kind, site }) => ({ kind, site, place: gradientPlace(request) })),
  );
  const [first] = alarms;
  if (!first) return undefined;
  const sitesOf = (kind: (typeof first)["kind"]) =>
    [...new Set(alarms.filter((alarm) => alarm.kind === kind).map(({ site }) => site))].join(", ");
  const [zero, infinite] = [sitesOf("allZero"), sitesOf("notFinite")];
  return [
    ...(zero ? [`The gradient taken ${first.place} is zero everywhere at ${zero}.`] : []),
    ...(infinite ? [`The gradient taken ${first.place} is not finite at ${infinite}.`] : []),
    "First order says nothing there, so no cells are shown: take the gradient elsewhere, or run the exact sweep.",
  ].join(" ");
}

/** The metric of a cell of the whole figure, if the check has run it. */
export function exactAt(outcome: Outcome, row: number, col: number): number | undefined {
  let left = 0;
  for (const result of outcome.results) {
    const width = result.colLabels.length;
    if (col < left + width) {
      const cells = isEstimate(result) ? (result.check?.cells ?? []) : [];
      const exact = cells.find(({ index }) => index === row * width + col - left)?.exact;
      return exact !== undefined && Number.isFinite(exact) ? exact : undefined;
    }
    left += width;
  }
  return undefined;
}

export interface RunCell extends CheckedCell {
  readonly where: string;
  /** Effects: metric − base. */
  readonly estimated: number;
  readonly found: number;
}

/** Cells that were run exactly, of all parts. */
export function runCells(outcome: Outcome): RunCell[] {
  return estimated(outcome).flatMap(({ request, result }) =>
    (result.check?.cells ?? [])
      .filter(({ exact }) => Number.isFinite(exact))
      .map((cell) => {
        const width = result.colLabels.length;
        const [row, col] = [Math.floor(cell.index / width), cell.index % width];
        return {
          ...cell,
          where: placeText(request, row, col, outcome.tokens),
          estimated: cell.estimate - result.base,
          found: cell.exact - result.base,
        };
      }),
  );
}

/** Exact to the right, estimate upwards; drawn cells filled, the largest ringed. */
export function checkPoints(cells: readonly RunCell[]): ScatterPoint[] {
  return cells.map(({ where, estimated, found, isLargest, isRandom }) => ({
    ...{ x: found, y: estimated, name: where, isFilled: isRandom, isRinged: isLargest },
  }));
}

export function checkTable(cells: readonly RunCell[]): DataTable {
  return {
    columns: [
      { name: "cell", numeric: false },
      { name: "exact change", numeric: true },
      { name: "first order", numeric: true },
      { name: "first order − exact", numeric: true },
      { name: "chosen", numeric: false },
    ],
    rows: cells.map(({ where, found, estimated, isLargest, isRandom }) => [
      ...[where, found, estimated, estimated - found],
      [...(isRandom ? ["drawn"] : []), ...(isLargest ? ["largest"] : [])].join(", "),
    ]),
  };
}

const UNCHECKED =
  "First order was not checked: no cell was run exactly, and how far these estimates are off is unknown.";
const PARTS: Partial<Record<SweepRequest["axes"]["kind"], string>> = {
  layerHead: "Heads",
  layerSublayer: "Attention and MLP",
};

/** The check in sentences; without one, that there was none. `running`: more may come. */
export function checkSentences(outcome: Outcome, running: boolean): string[] {
  const parts = estimated(outcome);
  if (parts.length > 0 && parts.every(({ request }) => !request.check)) return [UNCHECKED];
  const said = parts.flatMap(({ request, result }) =>
    partSentences(request, result, running).map((one) => {
      const part = PARTS[request.axes.kind];
      return parts.length > 1 && part ? `${part}, ${one.charAt(0).toLowerCase()}${one.slice(1)}` : one;
    }),
  );
  const isChecked = parts.some(({ result }) => (result.check?.random.n ?? 0) > 0);
  return [
    ...said,
    ...(isChecked
      ? [
          "Only the drawn cells speak for the whole grid: the largest were chosen by the estimate, and cannot show what it misses.",
        ]
      : []),
  ];
}

function partSentences(
  { check: asked, metric: { kind } }: AttributionPatchingRequest,
  { check }: AttributionPatchingResult,
  running: boolean,
): string[] {
  const done = check?.all.n ?? 0;
  const unit = kind === "probability" ? "" : unitOf(kind, "metric");
  if (!check || done === 0)
    return [
      running
        ? "First order is not checked yet."
        : "First order was not checked: the run was stopped before.",
    ];
  const { length } = check.cells;
  return [
    ...(done < length
      ? [`${done} of ${length} cells to check are run${running ? " so far" : "; then it was stopped"}.`]
      : []),
    check.random.n > 0
      ? `Cells drawn by seed ${asked?.seed}: ${agreementText(check.random, unit)}.`
      : "No drawn cell was run, so nothing is said of the whole grid.",
    ...(check.largest.n > 0
      ? [`Cells with the largest estimates: ${agreementText(check.largest, unit)}.`]
      : []),
  ];
}

/** How many cells were run exactly, and how many will be as far as is known. */
export function checkProgress(outcome: Outcome | undefined): {
  readonly done: number;
  readonly total: number;
} {
  const checks = outcome
    ? estimated(outcome).flatMap(({ result }) => (result.check ? [result.check] : []))
    : [];
  return {
    done: checks.reduce((sum, { all }) => sum + all.n, 0),
    total: checks.reduce((sum, { cells }) => sum + cells.length, 0),
  };
}
