/** What a cell does to the metric, to first order: Σ g · (v − x) over the elements that it changes. */
import { within } from "../../interp/batch/positions";
import type { SweepCell } from "../../interp/cells/sweepCells";
import type { SummedGradient } from "../../interp/gradients/summedGradients";
import type { SiteValues } from "../../interp/interventions/donors";
import type { ModelConfig } from "../../models/architecture";
import { siteColumns } from "../../models/siteShape";

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** `put`: a row for each position, one for all, or nothing (zero). */
export function cellEffect(
  config: ModelConfig,
  cell: SweepCell,
  { shape, data }: SummedGradient,
  x: SiteValues,
  put: SiteValues | undefined,
): number {
  const { heads: nHeads, width } = siteColumns(config, cell.site);
  const byKey = width === "keys";
  const columns = x.width / nHeads;
  const putColumns = (put?.width ?? 0) / nHeads;
  const [heads, dims] = [cell.heads ?? upTo(nHeads), cell.dims ?? upTo(columns)];
  const isChanged = within(cell.positions);
  const queries = shape[1] ?? 0;
  let effect = 0;
  for (let position = 0; position < x.positions; position++) {
    if (!isChanged(position)) continue;
    const putRow = put && put.positions > 1 ? position : 0;
    for (const head of heads) {
      // Scores and patterns of a gradient are [head, query, key].
      const at = byKey ? (head * queries + position) * columns : position * x.width + head * columns;
      const old = position * x.width + head * columns;
      const next = putRow * (put?.width ?? 0) + head * putColumns;
      for (const dim of dims) {
        const gradient = data[at + dim] ?? 0;
        // Keys out of sight have scores of -Infinity on both sides, and no gradient.
        if (gradient === 0) continue;
        effect += gradient * ((put?.data[next + dim] ?? 0) - (x.data[old + dim] ?? 0));
      }
    }
  }
  return effect;
}
