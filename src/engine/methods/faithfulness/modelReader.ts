/**
 * Reads and writes with a model on its device.
 *
 *   1. the base texts of as many groups as fit are computed in one pass; their keys and values stay
 *   2. a row keeps what it shares with its base, up to the token before its last: the rest of it is computed, rows
 *      of all groups together, some thousand tokens a pass
 *   3. reading: of every target token its log-probability, and the most probable token in its place
 *   4. writing: one pass a token, all rows that still write together. With a temperature a token is drawn on the host
 *      from the 64 most probable ones, by a seeded counter
 *   5. edits are resolved on each base text and meet its tokens wherever a row has them. An answer stands at the positions
 *      that follow; a chain that is written has none that a list names
 */
import type { Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import type { Edit } from "../../../protocol/interventions";
import { readForward, recordForward } from "../../interp/pass/forwardPass";
import { EMPTY_CONTEXT, firstOf, type RowContext, type Segment } from "../../interp/batch/rowContext";
import { BEHIND, nextOrigin, TextEdits } from "../../interp/coalitions/textEdits";
import type { Model } from "../../models/model";
import { cacheBytesPerToken, makeCache, vocabOut } from "../../models/sizes";
import type { KeyValueCache } from "../../ops/keyValueCache";
import { decode, type DecodedRow } from "../../interp/decode/decode";
import { drawToken } from "../../interp/decode/drawToken";
import { seedAt, uniformOf } from "../../../random/seedAt";
import type { ChainReader, Group, Reading, ReadRow, WriteRow } from "./reader";

const CACHE_BUDGET_BYTES = 256 * 1024 * 1024;
const PASS_TOKENS = 2048;
const MOST_GROUPS = 32;
export const SAMPLED_FROM = 64;

/** A row with what of it is not computed yet. */
interface OpenRow<Row> {
  readonly row: Row;
  readonly group: number;
  readonly index: number;
  readonly context: RowContext;
  readonly rest: readonly number[];
  /** Positions of `rest` in the base text. */
  readonly origins: readonly number[];
  readonly edits: TextEdits | undefined;
}

export class ModelReader implements ChainReader {
  evaluatedTokens = 0;
  readonly #slots: number;

  constructor(
    private readonly model: Model,
    private readonly pauser: Pauser,
    /** Ends writing. */
    private readonly eosId?: number,
    private readonly edits: readonly Edit[] = [],
  ) {
    this.#slots = Math.floor(CACHE_BUDGET_BYTES / cacheBytesPerToken(model.config));
  }

  async read(groups: readonly Group<ReadRow>[]): Promise<Reading[][]> {
    const readings: Reading[][] = groups.map(() => []);
    const size = (row: ReadRow) => row.tokens.length + row.target.length;
    await this.#inBlocks(
      groups,
      () => 0,
      async (rows, cache) => {
        const passes = cut(rows, ({ rest, row }) => rest.length + row.target.length, PASS_TOKENS);
        for (const pass of passes) await this.#readPass(pass, cache, readings);
      },
      (block) =>
        Math.min(PASS_TOKENS, sum(block.flatMap(({ rows }) => rows.map(size)))) + largest(block, size),
    );
    return readings;
  }

  async write(groups: readonly Group<WriteRow>[]): Promise<(readonly number[])[][]> {
    const written: (readonly number[])[][] = groups.map(({ rows }) => rows.map(() => []));
    const size = (row: WriteRow) => row.tokens.length + row.most;
    await this.#inBlocks(
      groups,
      size,
      async (rows, cache) => {
        for (const { group, index, tokens } of await this.#writeOn(rows, cache)) {
          const own = written[group];
          if (own) own[index] = tokens;
        }
      },
      (block) => sum(block.flatMap(({ rows }) => rows.map(size))),
    );
    return written;
  }

  /** Opens as many groups as fit at a time. `kept` are slots that a row holds till its block is done. */
  async #inBlocks<Row extends { readonly tokens: readonly number[]; readonly origins?: readonly number[] }>(
    groups: readonly Group<Row>[],
    kept: (row: Row) => number,
    work: (rows: readonly OpenRow<Row>[], cache: KeyValueCache) => Promise<void>,
    extra: (block: readonly Group<Row>[]) => number,
  ): Promise<void> {
    const indexed = groups.map((group, index) => ({ ...group, index }));
    const need = ({ base, rows }: Group<Row>) =>
      base.length + sum(rows.map(kept)) + PASS_TOKENS / MOST_GROUPS;
    for (const block of cut(indexed, need, this.#slots / 2, MOST_GROUPS)) {
      await this.pauser.pause();
      const edits: (TextEdits | undefined)[] = [];
      for (const { base } of block) edits.push(await TextEdits.of(this.model, base, this.edits, this.pauser));
      const passes = edits[0]?.passes ?? 1;
      const capacity = passes * (sum(block.map(({ base }) => base.length)) + extra(block));
      const cache = makeCache(this.model, capacity);
      try {
        const contexts = this.#bases(block, edits, cache);
        const rows = block.flatMap(({ base, rows: own, index: group }, i) =>
          own.map((row, index) => {
            const origins = row.origins ?? row.tokens.map((_, t) => t);
            const moved = edits[i] ? origins.findIndex((origin, t) => origin !== t) : -1;
            const most = moved < 0 ? row.tokens.length - 1 : Math.min(moved, row.tokens.length - 1);
            const keep = Math.min(shared(base, row.tokens), most);
            return {
              ...{ row, group, index, edits: edits[i], rest: row.tokens.slice(keep) },
              context: firstOf(contexts[i] ?? EMPTY_CONTEXT, keep),
              origins: origins.slice(keep),
            };
          }),
        );
        await work(rows, cache);
      } finally {
        cache.release();
      }
    }
  }

  #bases(
    block: readonly Group<unknown>[],
    edits: readonly (TextEdits | undefined)[],
    cache: KeyValueCache,
  ): readonly RowContext[] {
    const bases = block.map(({ base }, i) => ({ base, edits: edits[i] }));
    return cut(bases, ({ base }) => base.length, PASS_TOKENS).flatMap((part) => {
      const segments = part.map(({ base, edits: own }) =>
        segmentOf(
          own,
          EMPTY_CONTEXT,
          base,
          base.map((_, i) => i),
        ),
      );
      this.#check(segments);
      const pass = recordForward(this.model, cache, segments, {});
      pass.release();
      this.evaluatedTokens += pass.taken.length;
      return pass.contexts;
    });
  }

  async #readPass(
    rows: readonly OpenRow<ReadRow>[],
    cache: KeyValueCache,
    readings: readonly Reading[][],
  ): Promise<void> {
    await this.pauser.pause();
    const segments = rows.map(({ context, rest, origins, edits, row }) => {
      const target = row.target.slice(0, -1);
      const next = Math.floor(origins.at(-1) ?? 0) + 1;
      const all = [...origins, ...target.map((_, i) => next + i)];
      return segmentOf(edits, context, [...rest, ...target], all);
    });
    this.#check(segments);
    const score = rows.flatMap(({ rest, row }, segment) =>
      row.target.map((target, i) => ({ segment, index: rest.length - 1 + i, target })),
    );
    const pass = recordForward(this.model, cache, segments, { score, top: { places: score, k: 1 } });
    this.evaluatedTokens += pass.taken.length;
    const { scores, top } = await readForward(this.model, pass);
    cache.giveBack(pass.taken);
    let at = 0;
    for (const { row, group, index } of rows) {
      const own = row.target.map((_, i) => at + i);
      at += row.target.length;
      const list = readings[group];
      if (!list) continue;
      list[index] = {
        logProbs: own.map((i) => scores[i] ?? NaN),
        best: own.map((i) => top[i]?.ids[0] ?? -1),
      };
    }
  }

  async #writeOn(
    rows: readonly OpenRow<WriteRow>[],
    cache: KeyValueCache,
  ): Promise<{ readonly group: number; readonly index: number; readonly tokens: readonly number[] }[]> {
    const { nCtx } = this.model.config;
    const texts = rows.map((open) => ({ ...open, tokens: [] as number[] }));
    type Text = (typeof texts)[number];
    type Writing = Segment & { readonly text: Text };
    const reads = (
      text: Text,
      context: RowContext,
      tokens: readonly number[],
      origins: readonly number[],
    ) => {
      const segment = segmentOf(text.edits, context, tokens, origins);
      this.#check([segment]);
      return { ...segment, text };
    };
    /** What the row reads next; nothing where it has ended. */
    const next = ({ row: { text }, context, top }: DecodedRow<Writing>): Writing[] => {
      const { row, tokens } = text;
      const token = drawToken(top, row.temperature, 1, uniformOf(seedAt(row.seed, tokens.length)));
      if (token === this.eosId) return [];
      tokens.push(token);
      const isFull = tokens.length >= row.most || context.nextPosition >= nCtx;
      if (isFull || row.until.some((end) => endsWith(tokens, end))) return [];
      return [reads(text, context, [token], [nextOrigin(context) + (row.until.length > 0 ? BEHIND : 0)])];
    };
    const k = rows.some(({ row }) => row.temperature > 0)
      ? Math.min(SAMPLED_FROM, vocabOut(this.model.config))
      : 1;
    await decode(
      { model: this.model, cache, ask: { k }, pauser: this.pauser },
      texts
        .filter(({ row }) => row.most > 0)
        .map((text) => reads(text, text.context, text.rest, text.origins)),
      (decoded) => {
        this.evaluatedTokens += sum(decoded.map(({ slots }) => slots.length));
        return decoded.flatMap(next);
      },
    );
    return texts;
  }

  #check(segments: readonly Segment[]): void {
    const { dVocab } = this.model.config;
    for (const { tokens } of segments) {
      const bad = tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < dVocab));
      if (bad === undefined && tokens.length > 0) continue;
      const found = bad === undefined ? "A text is empty" : `Token id ${bad} is not one of this model's`;
      throw new VitrineError(
        "Unsupported",
        `${found}; give every problem a prompt that this model can read.`,
      );
    }
  }
}

function segmentOf(
  edits: TextEdits | undefined,
  context: RowContext,
  tokens: readonly number[],
  origins: readonly number[],
): Segment {
  return edits?.segment(context, tokens, origins) ?? { context, tokens };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function largest<Row>(groups: readonly Group<Row>[], size: (row: Row) => number): number {
  return Math.max(0, ...groups.flatMap(({ rows }) => rows.map(size)));
}

/** Lists of consecutive items whose sizes stay within `most`; at least one each. */
export function cut<T>(
  items: readonly T[],
  size: (item: T) => number,
  most: number,
  count = Infinity,
): T[][] {
  const lists: T[][] = [];
  let room = 0;
  for (const item of items) {
    const last = lists.at(-1);
    if (last && size(item) <= room && last.length < count) last.push(item);
    else {
      lists.push([item]);
      room = most;
    }
    room -= size(item);
  }
  return lists;
}

/** How many tokens two texts share from the beginning. */
export function shared(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let count = 0;
  while (count < most && a[count] === b[count]) count++;
  return count;
}

export function endsWith(tokens: readonly number[], end: readonly number[]): boolean {
  return end.length > 0 && end.every((token, i) => tokens[tokens.length - end.length + i] === token);
}
