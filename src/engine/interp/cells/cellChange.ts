/** What a sweep puts into its cells: values from other prompts, and the intervention that one cell makes of them. */
import type { SweepChange } from "../../../protocol/analysis";
import type { Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import type { AffineChange } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";
import type { Model } from "../../models/model";
import { meanValues, siteValues, type SiteValues } from "../interventions/donors";
import { drawnPrompt } from "../interventions/resample";
import type { SweepCell } from "./sweepCells";

/** The values that `change` puts in, per site: a row for each position, or (mean) one for all; none for zero. */
export async function changeValues(
  model: Model,
  change: SweepChange,
  cells: readonly SweepCell[],
  position: number,
  pauser: Pauser,
): Promise<ReadonlyMap<Site, SiteValues>> {
  const sites = [...new Set(cells.map(({ site }) => site))];
  switch (change.kind) {
    case "zero":
      return new Map();
    case "mean":
      return meanValues(model, change.over, "token", sites, pauser);
    case "patch":
      return siteValues(model, change.from.tokens, sites);
    case "resample": {
      const { tokens } = drawnPrompt(change.from, change.seed);
      const last = Math.max(...cells.map((cell) => lastChanged(cell, position)));
      if (tokens.length <= last) {
        throw new VitrineError(
          "Unsupported",
          `The prompt that seed ${change.seed} draws from ${change.from.name} has ${tokens.length} tokens; positions up to ${last} are resampled. Name prompts of at least ${last + 1} tokens.`,
        );
      }
      return siteValues(model, tokens, sites);
    }
  }
}

/** The last position, not after the one that is read, where a cell changes anything. */
function lastChanged({ positions }: SweepCell, position: number): number {
  if (positions === undefined || "from" in positions) return position;
  return Math.max(0, ...positions.filter((touched) => touched <= position));
}

/** The change at one cell: x becomes the value. Of values by position it takes only the rows that it needs. */
export function cellChange(
  { site, heads, dims, positions }: SweepCell,
  values: SiteValues | undefined,
  byPosition: boolean,
): AffineChange {
  const change: AffineChange = {
    kind: "affine",
    site,
    keep: 0,
    ...(heads && { heads }),
    ...(dims && { dims }),
    ...(positions && { positions }),
  };
  if (values === undefined) return change;
  if (!byPosition) return { ...change, values: values.data };
  const { data, width } = values;
  const [only, ...more] = positions !== undefined && !("from" in positions) ? positions : [];
  if (only !== undefined && more.length === 0) {
    const row = data.subarray(only * width, (only + 1) * width);
    return { ...change, values: row, valuePositions: [only] };
  }
  return { ...change, values: data, valuePositions: Array.from({ length: values.positions }, (_, i) => i) };
}
