/**
 * One forward pass of packed segments: one submit, and one read-back when its results are wanted.
 *
 *   1. pack the segments, take cache slots for their tokens, lay out the edits of every site that is changed
 *   2. run the blocks; whatever passes a changed site is changed, whatever passes a captured one is kept
 *   3. gather the rows that are scored, and only for those compute logits, as many at a time as one buffer holds
 *   4. read scores, top-k and sampled tokens off the logits
 *   5. leave it recorded: the next pass's first write submits it, or the read does
 */
import { runBlocks } from "../../models/runBlocks";
import type { TopTokens } from "../../../protocol/run";
import type { Site } from "../../../protocol/sites";
import type { BufferSlice } from "../../device/device";
import type { Tensor } from "../../device/tensor";
import type { ForwardContext } from "../../models/architecture";
import type { Model } from "../../models/model";
import { gatherElements, gatherRows } from "../../ops/embedding";
import type { KeyValueCache } from "../../ops/keyValueCache";
import { chooseToken, klDivergence, scoreTargets, topTokens, type Sampling } from "../../ops/score";
import { uneditedRows } from "../edits/frozen";
import { contextAfter, EMPTY_CONTEXT, type RowContext, type Segment } from "../batch/rowContext";
import { joinFloats } from "../batch/joinFloats";
import { HEAD_SITES, uploadPassEdits } from "../edits/passEdits";
import { RunTaps, type CapturedTensor } from "../edits/runTaps";
import { packBatch, uploadBatch, type PackedBatch } from "../batch/tokenBatch";

/** A place in a forward pass: token `index` of segment `segment`. */
export interface Place {
  readonly segment: number;
  readonly index: number;
}

export interface ForwardRequest {
  readonly score?: readonly (Place & { readonly target: number })[];
  /** The logit itself of each target, as the model gives it. */
  readonly logits?: readonly (Place & { readonly target: number })[];
  /** All with the same k. */
  readonly top?: { readonly places: readonly Place[]; readonly k: number };
  /** One token for each place; the n-th place has its own noise. At most as many as `rowsAtOnce`, nothing else asked. */
  readonly sample?: { readonly places: readonly Place[]; readonly sampling: Sampling };
  /** KL(base ‖ place) for each place; `base` is a row of logits. */
  readonly kl?: { readonly base: Float32Array<ArrayBuffer>; readonly places: readonly Place[] };
  readonly capture?: ReadonlySet<Site>;
}

export interface ForwardResult {
  readonly scores: Float32Array;
  readonly logits: Float32Array;
  readonly top: readonly TopTokens[];
  readonly sampled: Uint32Array;
  /** Nats. */
  readonly kl: Float32Array;
  readonly captures: readonly (CapturedTensor & { readonly data: Float32Array })[];
}

/** A recorded pass. `slices` are what `decode` needs, in order; `release` frees the kept results. */
export interface PendingForward {
  readonly packed: PackedBatch;
  /** The context of each segment after its tokens. */
  readonly contexts: readonly RowContext[];
  /** The context of a segment after the first `count` of its tokens. */
  contextAfter(segment: number, count: number): RowContext;
  /** Slots that the pass took, to give back: all, and those of each segment. */
  readonly taken: readonly number[];
  readonly takenBy: readonly (readonly number[])[];
  readonly slices: readonly BufferSlice[];
  decode(data: readonly ArrayBuffer[]): ForwardResult;
  release(): void;
}

/** Most that the logits of one chunk may take: more rows are scored in several chunks. */
const MAX_LOGIT_BYTES = 1 << 28;

/** Rows of logits that fit in one buffer. */
export function rowsAtOnce({ config, memory }: Model): number {
  const bytes = Math.min(MAX_LOGIT_BYTES, memory.device.limits.maxBufferBytes);
  return Math.max(1, Math.floor(bytes / (4 * (config.dVocabOut ?? config.dVocab))));
}

/** Cuts a list into pieces of at most `size`. */
export function pieces<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}

export function recordForward(
  model: Model,
  cache: KeyValueCache,
  segments: readonly Segment[],
  asks: ForwardRequest,
): PendingForward {
  const { memory, config, architecture } = model;
  const cols = config.dVocabOut ?? config.dVocab;
  const packed = packBatch(segments, cache, config);
  const unedited = uneditedRows(model, cache, segments);
  const contextOf = (i: number, count?: number): RowContext => {
    const segment = segments[i];
    if (!segment) return EMPTY_CONTEXT;
    const context = contextAfter(segment, packed.slots[i] ?? [], count);
    return unedited ? { ...context, unedited: unedited.context(i, count) } : context;
  };
  const contexts = segments.map((_, i) => contextOf(i));
  const capture = asks.capture ?? new Set<Site>();
  const place = ({ segment, index }: Place) => (packed.starts[segment] ?? 0) + index;
  const capturesHead = [...capture].some((site) => HEAD_SITES.has(site));
  const asked = [
    ...(asks.score ?? []),
    ...(asks.logits ?? []),
    ...(asks.top?.places ?? []),
    ...(asks.sample?.places ?? []),
    ...(asks.kl?.places ?? []),
  ];
  const tokens = capturesHead
    ? Array.from({ length: packed.count }, (_, i) => i)
    : [...new Set(asked.map(place))].sort((a, b) => a - b);

  /** What is read back, and what becomes of it. */
  const results: { readonly tensor: Tensor; take(data: ArrayBuffer): void }[] = [];
  const scores = new Float32Array(asks.score?.length ?? 0);
  const targetLogits = new Float32Array(asks.logits?.length ?? 0);
  const k = asks.top?.k ?? 0;
  const top = Array.from({ length: asks.top?.places.length ?? 0 }, () => ({
    ids: new Uint32Array(k),
    logProbs: new Float32Array(k),
  }));
  const kl = new Float32Array(asks.kl?.places.length ?? 0);
  const sampled = new Uint32Array(asks.sample?.places.length ?? 0);
  let taps: RunTaps[] = [];

  memory.scope(() => {
    // Everything the host sends goes first: writes are ordered before the submit that follows.
    const batch = uploadBatch(packed, cache, memory, config.nCtx);
    const edits = uploadPassEdits(model, segments, packed, contexts);
    unedited?.upload(cache);
    const upload = (values: number[], shape: number[]) =>
      memory.from(Uint32Array.from(values), shape, "asks");
    const base = asks.kl && memory.from(asks.kl.base, [1, asks.kl.base.length], "base logits");
    const chunks = pieces(tokens, rowsAtOnce(model)).map((rows) => {
      const rowOf = new Map(rows.map((token, row) => [token, row]));
      const here = (one: Place) => rowOf.get(place(one));
      const indices = <P extends Place>(places: readonly P[]) =>
        places.flatMap((one, i) => (here(one) === undefined ? [] : [i]));
      const scoreIndices = indices(asks.score ?? []);
      const logitIndices = indices(asks.logits ?? []);
      const topIndices = indices(asks.top?.places ?? []);
      const klIndices = indices(asks.kl?.places ?? []);
      const sampleIndices = indices(asks.sample?.places ?? []);
      const row = (one: Place | undefined) => (one && here(one)) ?? 0;
      return {
        rows: rows.length === packed.count ? undefined : upload(rows, [rows.length]),
        scoreIndices,
        logitIndices,
        topIndices,
        scoreAsks:
          scoreIndices.length > 0
            ? upload(
                scoreIndices.flatMap((i) => [row(asks.score?.[i]), asks.score?.[i]?.target ?? 0]),
                [scoreIndices.length, 2],
              )
            : undefined,
        // Every logit is a row of its own to gather from.
        logitRows:
          logitIndices.length > 0
            ? upload(
                logitIndices.map((i) => row(asks.logits?.[i]) * cols + (asks.logits?.[i]?.target ?? 0)),
                [logitIndices.length],
              )
            : undefined,
        topRows:
          topIndices.length > 0
            ? upload(
                topIndices.map((i) => row(asks.top?.places[i])),
                [topIndices.length],
              )
            : undefined,
        sampleIndices,
        sampleRows:
          sampleIndices.length > 0
            ? upload(
                sampleIndices.map((i) => row(asks.sample?.places[i])),
                [sampleIndices.length],
              )
            : undefined,
        klIndices,
        klPairs:
          klIndices.length > 0
            ? upload(
                klIndices.flatMap((i) => [0, row(asks.kl?.places[i])]),
                [klIndices.length, 2],
              )
            : undefined,
        edits: edits.head(rows),
        count: rows.length,
      };
    });

    const blockTaps = new RunTaps(capture, memory, edits.blocks, undefined, unedited?.blocks());
    taps = [blockTaps];
    const context: ForwardContext<typeof config> = {
      config,
      weights: model.weights,
      memory,
      taps: blockTaps,
    };
    const residual = runBlocks(architecture, context, batch);
    blockTaps.releaseInputs();
    for (const chunk of chunks) {
      memory.scope(() => {
        const scored = chunk.rows === undefined ? residual : gatherRows(memory, residual, chunk.rows);
        const headTaps = new RunTaps(capture, memory, chunk.edits, undefined, unedited?.head(chunk.rows));
        taps.push(headTaps);
        const logits = architecture.head({ ...context, taps: headTaps }, scored);
        const pick = (indices: Tensor) =>
          chunk.count === 1 && indices.shape[0] === 1 ? logits : gatherRows(memory, logits, indices);
        const keep = (tensor: Tensor, take: (data: ArrayBuffer) => void) =>
          void results.push({ tensor: memory.keep(tensor), take });
        if (chunk.scoreAsks) {
          keep(scoreTargets(memory, logits, chunk.scoreAsks), (data) => {
            const values = new Float32Array(data);
            chunk.scoreIndices.forEach((i, n) => (scores[i] = values[n] ?? NaN));
          });
        }
        if (chunk.logitRows) {
          keep(gatherElements(memory, logits, chunk.logitRows), (data) => {
            const values = new Float32Array(data);
            chunk.logitIndices.forEach((i, n) => (targetLogits[i] = values[n] ?? NaN));
          });
        }
        if (chunk.topRows) {
          const found = topTokens(memory, pick(chunk.topRows), k);
          keep(found.ids, (data) =>
            chunk.topIndices.forEach((i, n) => top[i]?.ids.set(new Uint32Array(data, 4 * n * k, k))),
          );
          keep(found.logProbs, (data) =>
            chunk.topIndices.forEach((i, n) => top[i]?.logProbs.set(new Float32Array(data, 4 * n * k, k))),
          );
        }
        if (chunk.klPairs && base) {
          keep(klDivergence(memory, base, logits, chunk.klPairs), (data) => {
            const values = new Float32Array(data);
            chunk.klIndices.forEach((i, n) => (kl[i] = values[n] ?? NaN));
          });
        }
        if (chunk.sampleRows && asks.sample) {
          const chosen = chooseToken(memory, pick(chunk.sampleRows), asks.sample.sampling);
          keep(chosen, (data) => {
            const ids = new Uint32Array(data);
            chunk.sampleIndices.forEach((i, n) => (sampled[i] = ids[n] ?? 0));
          });
        }
      });
    }
  });
  unedited?.release();
  const takenBy = packed.slots.map((own, i) => [...own, ...(unedited?.packed.slots[i] ?? [])]);
  // Not submitted here: the next write or the read takes the recorded work along, in one submit.

  const captured = taps.flatMap((one) => one.tensors);
  const slice = (tensor: Tensor): BufferSlice => ({
    buffer: tensor.buffer,
    offsetBytes: 0,
    sizeBytes: tensor.size * 4,
  });
  return {
    packed,
    contexts,
    contextAfter: contextOf,
    ...{ taken: takenBy.flat(), takenBy },
    slices: [...results.map(({ tensor }) => tensor), ...captured].map(slice),
    decode(data) {
      results.forEach(({ take }, i) => take(data[i] ?? new ArrayBuffer(0)));
      let at = results.length;
      const captures = taps.flatMap((one) => {
        const arrays = one.tensors.map(() => new Float32Array(data[at++] ?? new ArrayBuffer(0)));
        return one.captured.map((capture) => ({
          ...capture,
          data: arrays[capture.tensor] ?? new Float32Array(),
        }));
      });
      return {
        scores,
        logits: targetLogits,
        top,
        sampled,
        kl,
        captures: joinedCaptures(captures),
      };
    },
    release() {
      for (const tensor of [...results.map((result) => result.tensor), ...captured]) memory.release(tensor);
    },
  };
}

/** What the head captured in several chunks is one tensor again. */
function joinedCaptures(captures: ForwardResult["captures"]): ForwardResult["captures"] {
  const sites = [...new Set(captures.map(({ site }) => site))];
  if (sites.length === captures.length) return captures;
  return sites.flatMap((site) => {
    const parts = captures.filter((capture) => capture.site === site);
    const [first] = parts;
    if (first === undefined || parts.length === 1) return parts;
    const data = joinFloats(parts.map((part) => part.data));
    const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
    return [{ ...first, shape: [rows, ...first.shape.slice(1)], data }];
  });
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
