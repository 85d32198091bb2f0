/** Attention from the answer, by head and by part of the text: grids, bars and tables of two runs. */
import type { DataTable } from "../../charts/dataTable";
import type { Part, Span } from "../../../client/chain/ablatedRow";
import type { Pair, PartAttention } from "./readInside";
import type { Run } from "./settings";

export function partName(part: Part): string {
  return typeof part === "number" ? `step ${part + 1}` : part;
}

const at = ({ values, nHeads, parts }: PartAttention, layer: number, head: number, part: number) =>
  values[(layer * nHeads + head) * parts + part] ?? NaN;

/** One number for each head: [layer, head]. */
function heads(
  { nLayers, nHeads }: PartAttention,
  value: (layer: number, head: number) => number,
): Float32Array {
  return Float32Array.from({ length: nLayers * nHeads }, (_, i) => value(Math.floor(i / nHeads), i % nHeads));
}

/** What each head gives to one part of the text. */
export function headGrid(pair: Pair<PartAttention>, part: number, run: Run): Float32Array {
  const own = (one: PartAttention) => (layer: number, head: number) => at(one, layer, head, part);
  if (run !== "change") return heads(pair[run], own(pair[run]));
  return heads(pair.with, (layer, head) => own(pair.without)(layer, head) - own(pair.with)(layer, head));
}

/** How much of its attention a head gives to another part once the step is gone: ½ Σ |without − with| over parts. */
export function movedOf(pair: Pair<PartAttention>, layer: number, head: number): number {
  const differences = Array.from({ length: pair.with.parts }, (_, part) =>
    Math.abs(at(pair.without, layer, head, part) - at(pair.with, layer, head, part)),
  );
  return differences.reduce((sum, difference) => sum + difference, 0) / 2;
}

export const movedGrid = (pair: Pair<PartAttention>) =>
  heads(pair.with, (layer, head) => movedOf(pair, layer, head));

export interface PartRow {
  readonly part: Part;
  readonly with: number;
  readonly without: number;
}

/** What one head looks at, part by part. */
export function partRows(
  pair: Pair<PartAttention>,
  spans: readonly Span[],
  layer: number,
  head: number,
): PartRow[] {
  return spans.map(({ part }, i) => ({
    part,
    with: at(pair.with, layer, head, i),
    without: at(pair.without, layer, head, i),
  }));
}

const number = (name: string) => ({ name, numeric: true });

/** Every head and every part, both runs. */
export function headsTable(pair: Pair<PartAttention>, spans: readonly Span[]): DataTable {
  const { nLayers, nHeads } = pair.with;
  const rows = Array.from({ length: nLayers * nHeads }, (_, i) => {
    const [layer, head] = [Math.floor(i / nHeads), i % nHeads];
    const cells = partRows(pair, spans, layer, head).flatMap((row) => [row.with, row.without]);
    return [layer, head, ...cells, movedOf(pair, layer, head)];
  });
  const parts = spans.flatMap(({ part }) =>
    ["with", "without"].map((run) => number(`${partName(part)}, ${run}`)),
  );
  return { columns: [number("layer"), number("head"), ...parts, number("moved")], rows };
}

export function partsTable(rows: readonly PartRow[]): DataTable {
  return {
    columns: [
      { name: "attention to", numeric: false },
      ...["with the step", "without it", "without − with"].map(number),
    ],
    rows: rows.map((row) => [partName(row.part), row.with, row.without, row.without - row.with]),
  };
}

/** Index of the part that is asked for: "step", "prompt", "cue", or a step's index. */
export function partIndex(to: string, step: number, spans: readonly Span[]): number {
  const wanted = to === "step" ? step : /^\d+$/.test(to) ? Number(to) : to;
  const index = spans.findIndex(({ part }) => part === wanted);
  return index < 0 ? spans.findIndex(({ part }) => part === step) : index;
}
