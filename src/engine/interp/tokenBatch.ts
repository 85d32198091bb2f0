/**
 * Packs the segments of one forward pass into one batch: token ids, positions, cache slots, and for every
 * token the list of slots that it may see. A segment's tokens share one list (its context, then its own
 * visible tokens); token j sees a longer prefix of it than token j - 1.
 */
import { VitrineError } from "../../protocol/errors";
import type { TensorMemory } from "../device/tensor";
import type { TokenBatch } from "../models/architecture";
import type { KeyValueCache } from "../ops/keyValueCache";
import type { Segment } from "./rowContext";

/** How one packed token sees the others, kept on the host to read attention captures back. */
export interface TokenView {
  readonly segment: number;
  readonly position: number;
  /** Visible keys before its own. */
  readonly count: number;
}

export interface PackedBatch {
  readonly count: number;
  /** Slots of each segment's tokens. */
  readonly slots: readonly (readonly number[])[];
  /** Index of each segment's first token in the batch. */
  readonly starts: readonly number[];
  readonly views: readonly TokenView[];
  readonly maxKeys: number;
  /** The host arrays that `upload` sends. */
  readonly host: Record<"ids" | "positions" | "slots" | "visible" | "spans", Uint32Array<ArrayBuffer>>;
}

/** Takes cache slots for every token of `segments`. The caller gives them back. */
export function packBatch(segments: readonly Segment[], cache: KeyValueCache, nCtx: number): PackedBatch {
  const slots: number[][] = [];
  const starts: number[] = [];
  const views: TokenView[] = [];
  const ids: number[] = [];
  const positions: number[] = [];
  const visible: number[] = [];
  const spans: number[] = [];
  for (const [index, { context, tokens, hidden }] of segments.entries()) {
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
    slots.push(own);
    starts.push(ids.length);
    for (const [i, token] of tokens.entries()) {
      const position = context.nextPosition + i;
      const slot = own[i] ?? 0;
      ids.push(token);
      positions.push(position);
      spans.push(offset, count, slot);
      views.push({ segment: index, position, count });
      if (hidden?.has(position)) continue;
      visible.push(slot);
      count++;
    }
  }
  const host = {
    ids: Uint32Array.from(ids),
    positions: Uint32Array.from(positions),
    slots: Uint32Array.from(slots.flat()),
    visible: Uint32Array.from(visible),
    spans: Uint32Array.from(spans),
  };
  const maxKeys = Math.max(...views.map((view) => view.count)) + 1;
  return { count: ids.length, slots, starts, views, maxKeys, host };
}

/** Sends the batch to the device; its tensors belong to the open scope. */
export function uploadBatch(
  packed: PackedBatch,
  cache: KeyValueCache,
  memory: TensorMemory,
  nCtx: number,
): TokenBatch {
  const { host, count, maxKeys } = packed;
  // The list grows by one entry with every decoded token: room for whole contexts keeps the buffer the same.
  const visible = memory.make([Math.ceil((host.visible.length + 1) / nCtx) * nCtx], "visible");
  memory.device.write(visible.buffer, host.visible);
  return {
    ids: memory.from(host.ids, [count], "ids"),
    positions: memory.from(host.positions, [count], "positions"),
    slots: memory.from(host.slots, [count], "slots"),
    visible,
    spans: memory.from(host.spans, [count, 3], "spans"),
    maxKeys,
    cache,
  };
}
