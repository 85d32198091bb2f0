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
  const packer = new Packer(windows, maxAlibiBias !== undefined);
  for (const segment of segments) {
    const { context, tokens } = segment;
    const end = context.nextPosition + tokens.length;
    if (end > nCtx) {
      throw new VitrineError(
        "Unsupported",
        `${end} tokens do not fit: this model's context is ${nCtx} tokens`,
      );
    }
    packer.add(segment, cache.take(tokens.length));
  }
  return { isLong, ...packer.packed() };
}

/** The lists of a batch, while segments are added one by one. */
class Packer {
  readonly #slots: (readonly number[])[] = [];
  readonly #starts: number[] = [];
  readonly #views: TokenView[] = [];
  readonly #ids: number[] = [];
  readonly #positions: number[] = [];
  readonly #visible: number[] = [];
  /** Of `#visible`; only models whose scores depend on the distance of a key have them. */
  readonly #keyPositions: number[] = [];
  readonly #spans: ReadonlyMap<number | undefined, number[]>;

  constructor(
    windows: readonly (number | undefined)[],
    private readonly withKeyPositions: boolean,
  ) {
    this.#spans = new Map([...new Set(windows)].map((window) => [window, []]));
  }

  /** `own`: the slots that its tokens get. */
  add({ context, tokens, hidden, origins }: Segment, own: readonly number[]): void {
    const segment = this.#slots.length;
    const offset = this.#visible.length;
    let count = context.slots.length;
    this.#visible.push(...context.slots);
    const seen = [...context.positions];
    this.#slots.push(own);
    this.#starts.push(this.#ids.length);
    for (const [i, token] of tokens.entries()) {
      const position = context.nextPosition + i;
      const slot = own[i] ?? 0;
      this.#ids.push(token);
      this.#positions.push(position);
      for (const [window, list] of this.#spans) {
        const first = firstWithin(seen, count, position, window);
        list.push(offset + first, count - first, slot, position);
      }
      this.#views.push({ segment, position, origin: origins?.[i] ?? position, count });
      if (hidden?.has(position)) continue;
      this.#visible.push(slot);
      seen.push(position);
      count++;
    }
    if (this.withKeyPositions) this.#keyPositions.push(...seen);
  }

  packed(): Omit<PackedBatch, "isLong"> {
    return {
      count: this.#ids.length,
      slots: this.#slots,
      starts: this.#starts,
      views: this.#views,
      host: {
        ids: Uint32Array.from(this.#ids),
        positions: Uint32Array.from(this.#positions),
        slots: Uint32Array.from(this.#slots.flat()),
        visible: Uint32Array.from(this.#visible),
        keyPositions: Uint32Array.from(this.#keyPositions),
      },
      spans: new Map([...this.#spans].map(([window, list]) => [window, asSpans(list)])),
    };
  }
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
