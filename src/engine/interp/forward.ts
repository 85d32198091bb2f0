/**
 * One forward pass of packed segments: one submit, and one read-back when its results are wanted.
 *
 *   1. pack the segments and take cache slots for their tokens
 *   2. run the blocks; whatever passes a captured site is kept
 *   3. gather the rows that are scored, and only for those compute logits
 *   4. read scores, top-k and sampled tokens off the logits
 *   5. leave it recorded: the next pass's first write submits it, or the read does
 */
import type { TopTokens } from "../../protocol/run";
import type { Site } from "../../protocol/sites";
import type { BufferSlice } from "../device/device";
import type { Tensor } from "../device/tensor";
import type { ForwardContext } from "../models/architecture";
import type { Model } from "../models/model";
import { gatherRows } from "../ops/embedding";
import type { KeyValueCache } from "../ops/keyValueCache";
import { chooseToken, scoreTargets, topTokens, type Sampling } from "../ops/score";
import { CaptureTaps, type CapturedTensor } from "./captureTaps";
import { extend, type RowContext, type Segment } from "./rowContext";
import { packBatch, uploadBatch, type PackedBatch } from "./tokenBatch";

/** A place in a forward pass: token `index` of segment `segment`. */
export interface Place {
  readonly segment: number;
  readonly index: number;
}

export interface ForwardAsks {
  readonly score?: readonly (Place & { readonly target: number })[];
  /** All with the same k. */
  readonly top?: { readonly places: readonly Place[]; readonly k: number };
  readonly sample?: Place & { readonly sampling: Sampling };
  readonly capture?: ReadonlySet<Site>;
}

export interface ForwardResult {
  readonly scores: Float32Array;
  readonly top: readonly TopTokens[];
  readonly sampled?: number;
  readonly captures: readonly (CapturedTensor & { readonly data: Float32Array })[];
}

/** A submitted pass. `slices` are what `decode` needs, in order; `release` frees the kept results. */
export interface PendingForward {
  readonly packed: PackedBatch;
  /** The context of each segment after its tokens. */
  readonly contexts: readonly RowContext[];
  readonly slices: readonly BufferSlice[];
  decode(data: readonly ArrayBuffer[]): ForwardResult;
  release(): void;
}

/** Sites that are computed on scored rows only; capturing one makes every token a scored row. */
const HEAD_SITES: readonly Site[] = ["ln_final.normalized", "logits"];

export function recordForward(
  model: Model,
  cache: KeyValueCache,
  segments: readonly Segment[],
  asks: ForwardAsks,
): PendingForward {
  const { memory, config, architecture } = model;
  const packed = packBatch(segments, cache, config);
  const place = ({ segment, index }: Place) => (packed.starts[segment] ?? 0) + index;
  const taps = new CaptureTaps(asks.capture ?? new Set(), memory);
  const kept: Tensor[] = [];
  const keep = (tensor: Tensor) => {
    kept.push(memory.keep(tensor));
    return tensor;
  };

  const allRows = HEAD_SITES.some((site) => taps.wants(site));
  const askedPlaces = [
    ...(asks.score ?? []),
    ...(asks.top?.places ?? []),
    ...(asks.sample ? [asks.sample] : []),
  ];
  const rows = allRows
    ? Array.from({ length: packed.count }, (_, i) => i)
    : [...new Set(askedPlaces.map(place))].sort((a, b) => a - b);
  const rowOf = new Map(rows.map((token, row) => [token, row]));
  const logitRow = (asked: Place) => rowOf.get(place(asked)) ?? 0;

  let scores: Tensor | undefined;
  let top: { ids: Tensor; logProbs: Tensor } | undefined;
  let sampled: Tensor | undefined;
  memory.scope(() => {
    // Everything the host sends goes first: writes are ordered before the submit that follows.
    const batch = uploadBatch(packed, cache, memory, config.nCtx);
    const upload = (values: number[], shape: number[]) =>
      memory.from(Uint32Array.from(values), shape, "asks");
    const everyRow = rows.length === packed.count;
    const rowIndices = everyRow || rows.length === 0 ? undefined : upload(rows, [rows.length]);
    const scoreAsks = asks.score?.length
      ? upload(
          asks.score.flatMap((ask) => [logitRow(ask), ask.target]),
          [asks.score.length, 2],
        )
      : undefined;
    const topRows = asks.top?.places.length
      ? upload(asks.top.places.map(logitRow), [asks.top.places.length])
      : undefined;
    const sampleRow = asks.sample ? upload([logitRow(asks.sample)], [1]) : undefined;

    const context: ForwardContext<typeof config> = { config, weights: model.weights, memory, taps };
    const residual = architecture.blocks(context, batch);
    if (rows.length === 0) return;
    const scored = rowIndices === undefined ? residual : gatherRows(memory, residual, rowIndices);
    const logits = architecture.head(context, scored);
    const pick = (indices: Tensor) =>
      rows.length === 1 && indices.shape[0] === 1 ? logits : gatherRows(memory, logits, indices);
    if (scoreAsks) scores = keep(scoreTargets(memory, logits, scoreAsks));
    if (topRows && asks.top) {
      top = topTokens(memory, pick(topRows), asks.top.k);
      keep(top.ids);
      keep(top.logProbs);
    }
    if (sampleRow && asks.sample) sampled = keep(chooseToken(memory, pick(sampleRow), asks.sample.sampling));
  });
  // Not submitted here: the next write or the read takes the recorded work along, in one submit.

  const results = [scores, top?.ids, top?.logProbs, sampled].filter((tensor) => tensor !== undefined);
  const slice = ({ buffer, size }: Tensor): BufferSlice => ({ buffer, offsetBytes: 0, sizeBytes: size * 4 });
  const slices = [...results, ...taps.tensors].map(slice);
  const topCount = asks.top?.k ?? 0;
  return {
    packed,
    contexts: segments.map((segment, i) => extend(segment, packed.slots[i] ?? [])),
    slices,
    decode(data) {
      const next = data.values();
      const take = () => next.next().value ?? new ArrayBuffer(0);
      const scoreValues = new Float32Array(scores ? take() : new ArrayBuffer(0));
      const ids = new Uint32Array(top ? take() : new ArrayBuffer(0));
      const logProbs = new Float32Array(top ? take() : new ArrayBuffer(0));
      const token = sampled ? new Uint32Array(take())[0] : undefined;
      const tensors = taps.tensors.map(() => new Float32Array(take()));
      return {
        scores: scoreValues,
        top: Array.from({ length: top?.ids.shape[0] ?? 0 }, (_, i) => ({
          ids: ids.slice(i * topCount, (i + 1) * topCount),
          logProbs: logProbs.slice(i * topCount, (i + 1) * topCount),
        })),
        ...(token === undefined ? {} : { sampled: token }),
        captures: taps.captured.map((capture) => ({
          ...capture,
          data: tensors[capture.tensor] ?? new Float32Array(),
        })),
      };
    },
    release() {
      for (const tensor of [...kept, ...taps.tensors]) memory.release(tensor);
    },
  };
}

/** Reads the results of one pass and frees them. */
export async function readForward(model: Model, pending: PendingForward): Promise<ForwardResult> {
  const [result] = await readForwards(model, [pending]);
  if (result === undefined) throw new Error("a forward pass returned no result");
  return result;
}

/** Reads the results of several passes in one read-back, and frees them. */
export async function readForwards(
  model: Model,
  pending: readonly PendingForward[],
): Promise<ForwardResult[]> {
  const slices = pending.flatMap((pass) => pass.slices);
  try {
    const data = slices.length > 0 ? await model.memory.device.read(slices) : [];
    let taken = 0;
    return pending.map((pass) => pass.decode(data.slice(taken, (taken += pass.slices.length))));
  } finally {
    for (const pass of pending) pass.release();
  }
}
