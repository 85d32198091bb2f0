/**
 * Turns the interventions of a pass's rows into the tables that the `editRows` kernel reads, one set a site:
 *
 *   1. knock-outs and masks are changes of blocks.L.attn.scores: hidden keys get a score of KNOCKED_OUT; rows that see
 *      nothing then are zeroed in blocks.L.attn.pattern
 *   2. for every token of the pass, the interventions of its row that reach its position become entries: ranges of
 *      columns with what is kept and what is added
 *   3. tokens with the same entries share them
 *
 * Scores and patterns are packed by visible key with the token's own key last; interventions name key positions, so
 * their entries and values are laid out here, token by token. A token's own key is never knocked out; a mask can hide it. Positions that
 * interventions name are origins (rowContext.ts).
 */
import { VitrineError } from "../../../protocol/errors";
import type { AffineChange, KnockOut } from "../../../protocol/interventions";
import { blockSite, type Site } from "../../../protocol/sites";
import type { TensorMemory } from "../../device/tensor";
import type { ModelConfig } from "../../models/architecture";
import { siteColumns, windowOf } from "../../models/siteShape";
import { NO_VALUES, type RowEdits } from "../../ops/editRows";
import { checked, EditTable, joined, KNOCKED_OUT, type KeysOf, type Range, type Writer } from "./editTable";
import { emptyRowWriter, maskWriter, scoreWriter } from "./maskWriters";
import { within } from "../batch/positions";
import type { RowContext } from "../batch/rowContext";
import type { Changes } from "./siteStages";
import { firstWithin, type PackedBatch } from "../batch/tokenBatch";

function rangesOf(config: ModelConfig, { site, heads, dims }: AffineChange): Range[] {
  const { heads: count, width } = siteColumns(config, site);
  if (width === "keys") throw new Error(`${site} has no columns of its own`);
  if (heads === undefined && dims === undefined) return [[0, count * width]];
  const chosen = checked(heads, count, site, "heads");
  const inHead = checked(dims, width, site, "dimensions");
  return joined(chosen.flatMap((head) => inHead.map((dim) => head * width + dim)));
}

/** Which row of a change's values a position takes: -1 = none, undefined = the position is left alone. */
function valueRows({ values, valuePositions, site }: AffineChange, width: number) {
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

function columnWriter(config: ModelConfig, change: AffineChange, table: EditTable): Writer {
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

function patternWriter(config: ModelConfig, change: AffineChange, stride: number, keysOf: KeysOf): Writer {
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

function knockOutWriter(
  config: ModelConfig,
  change: KnockOut,
  stride: number,
  keysOf: KeysOf,
  table: EditTable,
): Writer {
  const heads = checked(change.heads, config.nHeads, blockSite(change.layer, "attn.scores"), "heads");
  const isQuery = within(change.queries);
  const isKey = within(change.keys);
  const removed = table.values(new Float32Array(stride).fill(KNOCKED_OUT));
  return {
    key: ({ origin }) => (isQuery(origin) ? "own" : undefined),
    write(token) {
      const others = keysOf(token).slice(0, -1);
      const ranges = joined(others.flatMap((key, j) => (isKey(key) ? [j] : [])));
      for (const head of heads) {
        for (const [start, width] of ranges) table.entry([head * stride + start, width], 0, removed);
      }
    },
  };
}

/**
 * The tables of an edited site, on the device; they belong to the open scope. `contexts` are those of the segments after their tokens. `tokens` are the tokens of
 * the pass that a site's tensor has as rows: all, but for sites of the head, which see scored tokens only.
 */
export function siteEdits(
  memory: TensorMemory,
  config: ModelConfig,
  packed: PackedBatch,
  contexts: readonly RowContext[],
  site: Site,
  /** [segment]: what each row does to the site. */
  changes: readonly Changes[],
  tokens?: readonly number[],
): RowEdits {
  const table = new EditTable();
  const window = windowOf(config, site);
  const stride = packed.spans.get(window)?.maxKeys ?? 1;
  const keysOf: KeysOf = ({ segment, position, origin, count }) => {
    const { positions = [], origins = positions } = contexts[segment] ?? {};
    return [...origins.slice(firstWithin(positions, count, position, window), count), origin];
  };
  const writers = changes.map((list) =>
    list.map((change) => {
      switch (change.kind) {
        case "knockOut":
          return knockOutWriter(config, change, stride, keysOf, table);
        case "mask":
          return maskWriter(config, change, stride, keysOf, table);
        case "score":
          return scoreWriter(config, change, stride, keysOf, table);
        case "emptyRows":
          return emptyRowWriter(config, change, stride, keysOf);
        case "affine":
      }
      return siteColumns(config, site).width === "keys"
        ? patternWriter(config, change, stride, keysOf)
        : columnWriter(config, change, table);
    }),
  );
  for (const index of tokens ?? packed.views.keys()) {
    const token = packed.views[index];
    if (token === undefined) continue;
    const reaching = (writers[token.segment] ?? []).flatMap((writer, i) => {
      const key = writer.key(token);
      return key === undefined ? [] : [{ writer, key: `${i}:${key === "own" ? `${key}${index}` : key}` }];
    });
    const key =
      reaching.length === 0 ? "none" : `${token.segment};${reaching.map((one) => one.key).join(";")}`;
    table.row(key, () => reaching.forEach(({ writer }) => writer.write(token, table)));
  }
  return table.upload(memory);
}
