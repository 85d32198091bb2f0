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
 * their entries and values are laid out token by token. Each kind writes its own (changes/). Positions that interventions
 * name are origins (rowContext.ts).
 */
import type { Site } from "../../../protocol/sites";
import type { TensorMemory } from "../../device/tensor";
import type { ModelConfig } from "../../models/architecture";
import { windowOf } from "../../models/siteShape";
import type { RowEdits } from "../../ops/editRows";
import type { RowContext } from "../batch/rowContext";
import { firstWithin, type PackedBatch } from "../batch/tokenBatch";
import type { WriterPlace } from "./changes/change";
import { emptyRowWriter } from "./changes/emptyRows";
import { changeKind } from "./changes/index";
import { EditTable, type KeysOf, type Writer } from "./editTable";
import type { Changes } from "./siteStages";

const writerOf = (change: Changes[number], place: WriterPlace): Writer | undefined =>
  change.kind === "emptyRows" ? emptyRowWriter(change, place) : changeKind(change).writer?.(change, place);

/**
 * The tables of an edited site, on the device; they belong to the open scope. `contexts` are those of the segments after
 * their tokens. `tokens` are the tokens of the pass that a site's tensor has as rows: all, but for sites of the head, which
 * see scored tokens only.
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
  const place: WriterPlace = { config, stride, keysOf, table };
  const writers = changes.map((list) => list.flatMap((change) => writerOf(change, place) ?? []));
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
