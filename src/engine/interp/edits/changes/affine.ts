/**
 * x becomes keep · x + values on chosen elements: what every edit but those of attention and latents comes down to. Patterns and
 * scores are packed by visible key; values name key positions, so their entries are laid out token by token.
 */
import { VitrineError } from "../../../../protocol/errors";
import type { ModelConfig } from "../../../models/architecture";
import { siteColumns } from "../../../models/siteShape";
import { NO_VALUES } from "../../../ops/editRows";
import { within } from "../../batch/positions";
import { checked, joined, type Range, type Writer } from "../editTable";
import type { Change, ChangeKind, WriterPlace } from "./change";

function rangesOf(config: ModelConfig, { site, heads, dims }: Change<"affine">): Range[] {
  const { heads: count, width } = siteColumns(config, site);
  if (width === "keys") throw new Error(`${site} has no columns of its own`);
  if (heads === undefined && dims === undefined) return [[0, count * width]];
  const chosen = checked(heads, count, site, "heads");
  const inHead = checked(dims, width, site, "dimensions");
  return joined(chosen.flatMap((head) => inHead.map((dim) => head * width + dim)));
}

/** Which row of a change's values a position takes: -1 = none, undefined = the position is left alone. */
function valueRows({ values, valuePositions, site }: Change<"affine">, width: number) {
  if (values === undefined) return () => -1;
  const rows = valuePositions?.length ?? 1;
  if (values.length !== rows * width) {
    throw new VitrineError(
      "Unsupported",
      `values for ${site} have ${values.length} numbers, expected ${rows} × ${width}`,
    );
  }
  if (valuePositions === undefined) return () => 0;
  const rowOf = new Map(valuePositions.map((position, row) => [position, row]));
  return (position: number) => rowOf.get(position);
}

function columnWriter(change: Change<"affine">, { config, table }: WriterPlace): Writer {
  const ranges = rangesOf(config, change);
  const { heads, width } = siteColumns(config, change.site);
  const total = heads * (width as number);
  const inScope = within(change.positions);
  const rowOf = valueRows(change, total);
  const base = change.values ? table.values(change.values) : NO_VALUES;
  return {
    key({ origin }) {
      const row = inScope(origin) ? rowOf(origin) : undefined;
      return row === undefined ? undefined : String(row);
    },
    write({ origin }) {
      const row = rowOf(origin) ?? -1;
      for (const range of ranges) {
        table.entry(range, change.keep, row < 0 ? NO_VALUES : base + row * total + range[0]);
      }
    },
  };
}

function patternWriter(change: Change<"affine">, { config, stride, keysOf }: WriterPlace): Writer {
  const heads = checked(change.heads, config.nHeads, change.site, "heads");
  if (change.dims)
    throw new VitrineError("Unsupported", `${change.site} has keys, not dimensions; name heads.`);
  const inScope = within(change.positions);
  const { values, valuePositions = [0] } = change;
  const keys = values ? values.length / (valuePositions.length * config.nHeads) : 0;
  const rowOf = valueRows(change, config.nHeads * Math.floor(keys));
  return {
    key: ({ origin }) => (inScope(origin) && rowOf(origin) !== undefined ? "own" : undefined),
    write(token, table) {
      const row = rowOf(token.origin) ?? -1;
      const seen = keysOf(token);
      for (const head of heads) {
        const from = (row * config.nHeads + head) * keys;
        const own = row < 0 ? undefined : new Float32Array(seen.length);
        // A loop: there is one such array for every query and head.
        for (let j = 0; own && values && j < seen.length; j++) {
          const key = seen[j] ?? 0;
          // Between two positions there is no value.
          if (key < keys && Number.isInteger(key)) own[j] = values[from + key] ?? 0;
        }
        table.entry([head * stride, seen.length], change.keep, own ? table.values(own) : NO_VALUES);
      }
    },
  };
}

export const affine: ChangeKind<"affine"> = {
  site: ({ site }) => site,
  writer: (change, place) =>
    siteColumns(place.config, change.site).width === "keys"
      ? patternWriter(change, place)
      : columnWriter(change, place),
};
