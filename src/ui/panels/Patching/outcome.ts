/** The answers of one sweep's requests as one grid, and the numbers that are drawn of it. */
import type { SweepRequest, SweepResult } from "../../../protocol/analysis";
import { formatNumber, formatSeconds, formatSigned } from "../../../client/format";
import { metricUnit } from "../../../client/metrics/metric";
import type { Shown } from "./settings";

/** What was asked, and what has come back so far: the last result may be partial. */
export interface Outcome {
  readonly requests: readonly SweepRequest[];
  readonly results: readonly SweepResult[];
  /** Texts of the tokens that the metric names and of the prompt; as they were then. */
  readonly metric: string;
  readonly tokens: readonly string[];
  /** Texts of the other prompt's tokens. */
  readonly otherTokens?: readonly string[] | undefined;
  readonly complete: boolean;
}

export interface Grid {
  readonly rowLabels: readonly string[];
  readonly colLabels: readonly string[];
  readonly values: Float32Array;
  readonly base: number;
  readonly donor: number | undefined;
  readonly cellsDone: number;
}

const PART_PREFIX = "head ";

/** Side by side: the columns of every result, on the rows that all of them have. */
export function gridOf({ requests, results }: Outcome): Grid | undefined {
  const [first] = results;
  if (!first) return undefined;
  const several = requests.length > 1;
  const colLabels = results.flatMap((result, i) =>
    result.colLabels.map((label) =>
      several && requests[i]?.axes.kind === "layerHead" ? PART_PREFIX + label : label,
    ),
  );
  const { rowLabels } = first;
  const values = new Float32Array(rowLabels.length * colLabels.length).fill(NaN);
  let left = 0;
  for (const result of results) {
    const width = result.colLabels.length;
    for (let row = 0; row < rowLabels.length; row++) {
      values.set(result.values.subarray(row * width, (row + 1) * width), row * colLabels.length + left);
    }
    left += width;
  }
  const cellsDone = results.reduce((sum, result) => sum + result.cellsDone, 0);
  return { rowLabels, colLabels, values, base: first.base, donor: first.donor, cellsDone };
}

/** Which request and which of its columns a column of the whole grid is. */
export function requestAt(
  { requests, results }: Outcome,
  col: number,
): { readonly request: SweepRequest; readonly col: number } | undefined {
  let left = 0;
  for (const [i, result] of results.entries()) {
    const request = requests[i];
    if (request && col < left + result.colLabels.length) return { request, col: col - left };
    left += result.colLabels.length;
  }
  return undefined;
}

/** What is drawn of the metric: itself, its change from the base, or how much of the way to the donor that is. */
export function shownValue(
  value: number,
  { base, donor }: Pick<Grid, "base" | "donor">,
  shown: Shown,
): number {
  if (shown === "metric") return value;
  if (shown === "share" && donor !== undefined) return (value - base) / (donor - base);
  return value - base;
}

export const hasShare = ({ base, donor }: Pick<Grid, "base" | "donor">) =>
  donor !== undefined && donor !== base;

/** Unit of what is drawn. */
export function unitOf(kind: SweepRequest["metric"]["kind"], shown: Shown): string {
  if (shown === "share") return "share";
  if (kind === "probability") return shown === "change" ? "change of probability" : "probability";
  const unit = metricUnit(kind);
  return shown === "change" ? `change, ${unit}` : unit;
}

export function formatShown(value: number, shown: Shown): string {
  return shown === "metric" ? formatNumber(value) : formatSigned(value, 3);
}

/** Row and column of the cells with the largest changes, largest first; NaN is no cell. */
export function largest(grid: Grid, count: number): { row: number; col: number; value: number }[] {
  const cols = grid.colLabels.length;
  return Array.from(grid.values, (value, i) => ({ row: Math.floor(i / cols), col: i % cols, value }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => Math.abs(b.value - grid.base) - Math.abs(a.value - grid.base))
    .slice(0, count);
}

/** " · 12 s left", from the speed so far. */
export function secondsLeft(done: number, total: number, elapsedMs: number): string {
  if (done === 0 || done >= total) return "";
  return ` · ${formatSeconds((elapsedMs / 1000 / done) * (total - done))} left`;
}
