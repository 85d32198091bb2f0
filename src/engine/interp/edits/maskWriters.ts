/**
 * Masks and scores by position, as entries of the tables of blocks.L.attn.scores and blocks.L.attn.pattern. Pairs name
 * positions of the text (origins, rowContext.ts); a token's row has the keys that it sees, packed, its own last.
 */
import type { AttentionMask, AttentionPairs, ScoreChange } from "../../../protocol/interventions";
import { blockSite } from "../../../protocol/sites";
import type { ModelConfig } from "../../models/architecture";
import { NO_VALUES } from "../../ops/editRows";
import { checked, joined, KNOCKED_OUT, type EditTable, type KeysOf, type Writer } from "./editTable";
import { within } from "../batch/positions";
import type { EmptyRows } from "./siteStages";

/** `key`: its origin; several tokens that the text has not may share one, so which key is the query's own is said beside. */
type KeyTest = (key: number, isOwn: boolean) => boolean;

/** For a query: whether a pair names it with a key; undefined where no pair names the query. */
function pairTest(pairs: readonly AttentionPairs[]): (query: number) => KeyTest | undefined {
  const rules = pairs.map(({ queries, keys }) => {
    const isKey = keys === "self" ? undefined : within(keys);
    return { isQuery: within(queries), isKey };
  });
  return (query) => {
    const own = rules.filter(({ isQuery }) => isQuery(query));
    if (own.length === 0) return undefined;
    return (key, isOwn) => own.some(({ isKey }) => (isKey ? isKey(key) : isOwn));
  };
}

/** Which keys a mask hides from a query; undefined: none, whatever they are. */
function hiddenBy({ pairs, op }: AttentionMask): (query: number) => KeyTest | undefined {
  const named = pairTest(pairs);
  return (query) => {
    const isNamed = named(query);
    return isNamed && op === "only" ? (key, isOwn) => !isNamed(key, isOwn) : isNamed;
  };
}

const headsOf = (config: ModelConfig, { heads, layer }: AttentionMask | ScoreChange) =>
  checked(heads, config.nHeads, blockSite(layer, "attn.scores"), "heads");

/** Ranges of a token's row whose keys pass the test. */
const rangesWhere = (keys: readonly number[], test: KeyTest) =>
  joined(keys.flatMap((key, j) => (test(key, j === keys.length - 1) ? [j] : [])));

export function maskWriter(
  config: ModelConfig,
  change: AttentionMask,
  stride: number,
  keysOf: KeysOf,
  table: EditTable,
): Writer {
  const heads = headsOf(config, change);
  const hidden = hiddenBy(change);
  const removed = table.values(new Float32Array(stride).fill(KNOCKED_OUT));
  return {
    key: ({ origin }) => (hidden(origin) ? "own" : undefined),
    write(token) {
      const isHidden = hidden(token.origin);
      if (!isHidden) return;
      const ranges = rangesWhere(keysOf(token), isHidden);
      for (const head of heads)
        for (const [start, width] of ranges) table.entry([head * stride + start, width], 0, removed);
    },
  };
}

export function scoreWriter(
  config: ModelConfig,
  change: ScoreChange,
  stride: number,
  keysOf: KeysOf,
  table: EditTable,
): Writer {
  const heads = headsOf(config, change);
  const named = pairTest(change.pairs);
  const value = table.values(new Float32Array(stride).fill(change.value));
  const keep = change.op === "set" ? 0 : 1;
  return {
    key: ({ origin }) => (named(origin) ? "own" : undefined),
    write(token) {
      const isNamed = named(token.origin);
      if (!isNamed) return;
      const ranges = rangesWhere(keysOf(token), isNamed);
      for (const head of heads)
        for (const [start, width] of ranges) table.entry([head * stride + start, width], keep, value);
    },
  };
}

/** Zeroes the pattern of rows in which no key is left, where the last mask that reached the row says so. */
export function emptyRowWriter(
  config: ModelConfig,
  { hiding }: EmptyRows,
  stride: number,
  keysOf: KeysOf,
): Writer {
  const steps = hiding.map((one) => {
    const heads = new Set(one.heads ?? Array.from({ length: config.nHeads }, (_, head) => head));
    switch (one.kind) {
      case "mask":
        return { heads, hides: hiddenBy(one), empty: one.empty };
      case "score":
        return { heads, shows: one.op === "set" ? pairTest(one.pairs) : () => undefined };
      case "knockOut": {
        const [isQuery, isKey] = [within(one.queries), within(one.keys)];
        const hides = (query: number) =>
          isQuery(query) ? (key: number, isOwn: boolean) => !isOwn && isKey(key) : undefined;
        return { heads, hides };
      }
    }
  });
  const isEmpty = (query: number, keys: readonly number[], head: number) => {
    const seen = new Set(keys.keys());
    let empty: AttentionMask["empty"] | undefined;
    for (const step of steps) {
      if (!step.heads.has(head)) continue;
      const hides = step.hides?.(query);
      const shows = step.shows?.(query);
      for (const [j, key] of keys.entries()) {
        const isOwn = j === keys.length - 1;
        if (hides?.(key, isOwn)) seen.delete(j);
        if (shows?.(key, isOwn)) seen.add(j);
      }
      if (hides && step.empty) ({ empty } = step);
    }
    return seen.size === 0 && empty === "zeros";
  };
  const isReached = (query: number) => steps.some(({ hides }) => hides?.(query));
  return {
    key: ({ origin }) => (isReached(origin) ? "own" : undefined),
    write(token, table) {
      const keys = keysOf(token);
      for (let head = 0; head < config.nHeads; head++) {
        if (isEmpty(token.origin, keys, head)) table.entry([head * stride, keys.length], 0, NO_VALUES);
      }
    },
  };
}
