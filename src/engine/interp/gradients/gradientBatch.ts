/**
 * The rows of a gradient as one batch on the device: as every pass has them, and for the way back beside every list of
 * visible keys the same list turned round, for each token the queries that see it.
 */
import type { GradientRequest } from "../../../protocol/gradients/gradients";
import type { Tensor, TensorMemory } from "../../device/tensor";
import type { TokenBatch } from "../../models/architecture";
import type { Model } from "../../models/model";
import type { SeenBy } from "../../ops/attention";
import type { KeyValueCache } from "../../ops/keyValueCache";
import { EMPTY_CONTEXT, type RowContext, type Segment } from "../batch/rowContext";
import type { PackedBatch } from "../batch/tokenBatch";
import { preparePass, type PreparedPass } from "../edits/preparePass";

export interface PackedRows extends PreparedPass {
  readonly segments: readonly Segment[];
  /** Of each row after its tokens. */
  readonly contexts: readonly RowContext[];
}

export function packRows(model: Model, cache: KeyValueCache, rows: GradientRequest["rows"]): PackedRows {
  const segments = rows.map((row): Segment => {
    return {
      context: { ...EMPTY_CONTEXT, nextPosition: row.startPosition ?? 0 },
      tokens: row.tokens,
      hidden: new Set(row.hiddenPositions ?? []),
      ...(row.interventions && { interventions: row.interventions }),
    };
  });
  const pass = preparePass(model, cache, segments);
  return { ...pass, segments, contexts: segments.map((_, i) => pass.contextAfter(i)) };
}

/** Sends what the way back needs beside a batch; `scalars` is how many rows of cotangents a tensor has at most. */
export function withSeenBy(
  memory: TensorMemory,
  batch: TokenBatch,
  packed: PackedBatch,
  scalars: number,
): TokenBatch {
  const seenBy = new Map(
    [...packed.spans].map(([window, { host }]) => [window, upload(memory, packed, host)]),
  );
  const repeated = (host: Uint32Array): Tensor => {
    const all = new Uint32Array(host.length * scalars);
    for (let s = 0; s < scalars; s++) all.set(host, s * host.length);
    return memory.from(all, [packed.count * scalars, 4], "spans for each scalar");
  };
  const spans = new Map([...packed.spans].map(([window, { host }]) => [window, repeated(host)]));
  return {
    ...batch,
    visibility(window) {
      const [lists, own] = [seenBy.get(window), spans.get(window)];
      const visibility = batch.visibility(window);
      return lists && own ? { ...visibility, seenBy: { ...lists, spans: own } } : visibility;
    },
  };
}

function upload(memory: TensorMemory, packed: PackedBatch, spans: Uint32Array): Omit<SeenBy, "spans"> {
  const { pairs, firsts } = turnedRound(packed, spans);
  return {
    pairs: memory.from(pairs, [pairs.length / 2, 2], "seen by"),
    firsts: memory.from(firsts, [packed.count + 1], "first seen by"),
  };
}

/**
 * Spans [query] = (offset into the visible slots, count, own slot, position) → for each token the pairs (query, place in that
 * query's list) in order of query, and where they begin. A query sees its own token in the last place. Count, scan, scatter.
 */
export function turnedRound(
  { count: tokens, slots, host }: Pick<PackedBatch, "count" | "slots" | "host">,
  spans: Uint32Array,
): { readonly pairs: Uint32Array<ArrayBuffer>; readonly firsts: Uint32Array<ArrayBuffer> } {
  // One more than the token, so that a slot of no token of the batch is 0.
  const tokenAfter = new Uint32Array(Math.max(0, ...slots.flat()) + 1);
  slots.flat().forEach((slot, token) => (tokenAfter[slot] = token + 1));
  const firsts = new Uint32Array(tokens + 1);
  const each = (visit: (token: number, query: number, place: number) => void) => {
    for (let query = 0; query < tokens; query++) {
      const offset = spans[4 * query] ?? 0;
      const count = spans[4 * query + 1] ?? 0;
      for (let place = 0; place < count; place++) {
        const after = tokenAfter[host.visible[offset + place] ?? -1] ?? 0;
        if (after > 0) visit(after - 1, query, place);
      }
      visit(query, query, count);
    }
  };
  each((token) => void (firsts[token + 1] = (firsts[token + 1] ?? 0) + 1));
  for (let token = 0; token < tokens; token++)
    firsts[token + 1] = (firsts[token + 1] ?? 0) + (firsts[token] ?? 0);
  const pairs = new Uint32Array(2 * (firsts[tokens] ?? 0));
  const next = firsts.slice();
  each((token, query, place) => {
    const at = next[token] ?? 0;
    pairs[2 * at] = query;
    pairs[2 * at + 1] = place;
    next[token] = at + 1;
  });
  return { pairs, firsts };
}
