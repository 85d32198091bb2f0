/**
 * Packs the segments of one forward pass into one batch: token ids, positions, cache slots, and for every
 * token the list of slots that it may see. A segment's tokens share one list (its context, then its own
 * visible tokens); token j sees a longer prefix of it than token j - 1.
 */
import { VitrineError } from "../../../protocol/errors";
import type { TensorMemory } from "../../device/tensor";
import type { ModelConfig, TokenBatch } from "../../models/architecture";
import type { Visibility } from "../../ops/attention";
import type { KeyValueCache } from "../../ops/keyValueCache";
import type { Segment } from "./rowContext";

/** How one packed token sees the others, kept on the host to read attention captures back. */
export interface TokenView {
  readonly segment: number;
  readonly position: number;
  /** The position by which interventions name it; see rowContext.ts. */
  readonly origin: number;
  /** Visible keys before its own. */
  readonly count: number;
}

export interface PackedBatch {
  readonly count: number;
  /** Its texts are longer than the model's short context. */
  readonly isLong: boolean;
  /** Slots of each segment's tokens. */
  readonly slots: readonly (readonly number[])[];
  /** Index of each segment's first token in the batch. */
  readonly starts: readonly number[];
  readonly views: readonly TokenView[];
  /** The host arrays that `upload` sends. */
  readonly host: Record<"ids" | "positions" | "slots" | "visible" | "keyPositions", Uint32Array<ArrayBuffer>>;
  /** For each window that layers of the model have. */
  readonly spans: ReadonlyMap<number | undefined, Spans>;
}

/** Each token's stretch of the visible slots, and the largest. */
interface Spans {
  readonly host: Uint32Array<ArrayBuffer>;
  readonly maxKeys: number;
}

/**
 * Of the first `count` positions (ascending), the first one that a query at `position` reaches back to: those
 * more than `window` - 1 behind it are out of sight.
 */
export function firstWithin(
  positions: readonly number[],
  count: number,
  position: number,
  window: number | undefined,
): number {
  if (window === undefined) return 0;
  let first = count;
  while (first > 0 && (positions[first - 1] ?? 0) > position - window) first--;
  return first;
}

/** Takes cache slots for every token of `segments`. The caller gives them back. */
export function packBatch(
  segments: readonly Segment[],
  cache: KeyValueCache,
  {
    nCtx,
    windows = [undefined],
    shortContext,
    maxAlibiBias,
  }: Pick<ModelConfig, "nCtx" | "windows" | "shortContext" | "maxAlibiBias">,
): PackedBatch {
  const isLong = shortContext !== undefined && chooseLong(segments, cache, shortContext);
  const slots: number[][] = [];
  const starts: number[] = [];
  const views: TokenView[] = [];
  const ids: number[] = [];
  const positions: number[] = [];
  const visible: number[] = [];
  /** Of `visible`, for models whose scores depend on the distance of a key. */
  const keyPositions: number[] = [];
  const spans = new Map([...new Set(windows)].map((window) => [window, [] as number[]]));
  for (const [index, { context, tokens, hidden, origins }] of segments.entries()) {
    const end = context.nextPosition + tokens.length;
    if (end > nCtx) {
      throw new VitrineError(
        "Unsupported",
        `${end} tokens do not fit: this model's context is ${nCtx} tokens`,
      );
    }
    const own = cache.take(tokens.length);
    const offset = visible.length;
    let count = context.slots.length;
    visible.push(...context.slots);
    const seen = [...context.positions];
    slots.push(own);
    starts.push(ids.length);
    for (const [i, token] of tokens.entries()) {
      const position = context.nextPosition + i;
      const slot = own[i] ?? 0;
      ids.push(token);
      positions.push(position);
      for (const [window, list] of spans) {
        const first = firstWithin(seen, count, position, window);
        list.push(offset + first, count - first, slot, position);
      }
      views.push({ segment: index, position, origin: origins?.[i] ?? position, count });
      if (hidden?.has(position)) continue;
      visible.push(slot);
      seen.push(position);
      count++;
    }
    if (maxAlibiBias !== undefined) keyPositions.push(...seen);
  }
  const host = {
    ids: Uint32Array.from(ids),
    positions: Uint32Array.from(positions),
    slots: Uint32Array.from(slots.flat()),
    visible: Uint32Array.from(visible),
    keyPositions: Uint32Array.from(keyPositions),
  };
  const packedSpans = new Map([...spans].map(([window, list]) => [window, asSpans(list)]));
  return { count: ids.length, isLong, slots, starts, views, host, spans: packedSpans };
}

/**
 * A text longer than the short context is rotated otherwise from its first position on, so the cache holds keys of one
 * kind: its first pass decides. A text that begins in a long one (a prefix of it, read again) counts as long.
 */
function chooseLong(segments: readonly Segment[], cache: KeyValueCache, shortContext: number): boolean {
  const areLong = segments.map(({ context, tokens }) => context.nextPosition + tokens.length > shortContext);
  const isLong = (cache.isLong ??= areLong.every(Boolean));
  if (!isLong && areLong.some(Boolean)) {
    throw new VitrineError(
      "Unsupported",
      `This model turns every position of a text of more than ${shortContext} tokens otherwise than those of a shorter one, so the two can't share what was computed: run them apart, or keep the text within ${shortContext} tokens.`,
    );
  }
  return isLong;
}

function asSpans(list: readonly number[]): Spans {
  let maxKeys = 1;
  for (let i = 1; i < list.length; i += 4) maxKeys = Math.max(maxKeys, (list[i] ?? 0) + 1);
  return { host: Uint32Array.from(list), maxKeys };
}

/** Sends the batch to the device; its tensors belong to the open scope. */
export function uploadBatch(
  packed: PackedBatch,
  cache: KeyValueCache,
  memory: TensorMemory,
  nCtx: number,
): TokenBatch {
  const { host, count, isLong } = packed;
  // The list grows by one entry with every decoded token: room for whole contexts keeps the buffer the same.
  const room = Math.ceil((host.visible.length + 1) / nCtx) * nCtx;
  const withPositions = host.keyPositions.length > 0;
  const visible = memory.make([withPositions ? 2 * room : room], "visible");
  memory.device.write(visible.buffer, host.visible);
  if (withPositions) memory.device.write(visible.buffer, host.keyPositions, 4 * room);
  const views = new Map<number | undefined, Visibility>();
  for (const [window, spans] of packed.spans) {
    const tensor = memory.from(spans.host, [count, 4], "spans");
    views.set(window, { visible, positionsAt: room, spans: tensor, maxKeys: spans.maxKeys });
  }
  return {
    ids: memory.from(host.ids, [count], "ids"),
    positions: memory.from(host.positions, [count], "positions"),
    slots: memory.from(host.slots, [count], "slots"),
    cache,
    isLong,
    visibility(window) {
      const view = views.get(window);
      if (view === undefined) throw new Error(`the config names no window of ${window}`);
      return view;
    },
  };
}
