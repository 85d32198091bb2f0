/**
 * One forward pass of packed segments: one submit, and one read-back when its results are wanted.
 *
 *   1. pack the segments, take cache slots for their tokens, lay out the edits of every site that is changed
 *   2. run the blocks, or those from one on that another pass kept the residual stream before; whatever passes a changed site is changed, whatever passes a captured one is kept
 *   3. gather the rows that are scored, and only for those compute logits, as many at a time as one buffer holds
 *   4. read off the logits what was asked (readers.ts)
 *   5. leave it recorded: the next pass's first write submits it, or the read does
 */
import type { Site } from "../../../protocol/sites";
import type { BufferSlice } from "../../device/device";
import type { Tensor, TensorMemory } from "../../device/tensor";
import type { Model } from "../../models/model";
import type { BlockStart } from "../../models/runBlocks";
import { vocabOut } from "../../models/sizes";
import { gatherRows } from "../../ops/embedding";
import type { KeyValueCache } from "../../ops/keyValueCache";
import { uneditedRows } from "../edits/frozen";
import type { RowContext, Segment } from "../batch/rowContext";
import { HEAD_SITES, type PassEdits } from "../edits/passEdits";
import { preparePass, recordHead } from "../edits/preparePass";
import { RunTaps, type SiteChanges } from "../edits/runTaps";
import type { PackedBatch } from "../batch/tokenBatch";
import { joinChunks, type CapturedData } from "./captures";
import { openReaders, type LogitsRequest, type LogitsResult } from "./readers";
import type { PendingRead, Place, Reader, RecordReads } from "./readers";

export interface ForwardRequest extends LogitsRequest {
  readonly capture?: ReadonlySet<Site>;
  /** Where the pass begins, if not at its tokens. */
  readonly start?: KeptStart;
  /** Given what each block reads; see `BlockRange`. */
  readonly onInput?: (layer: number, residual: Tensor) => void;
}

/** What another pass kept before block `layer`, [its tokens, dModel], and which row of it each token of this pass continues. */
export interface KeptStart extends BlockStart {
  readonly rows: readonly number[];
}

export interface ForwardResult extends LogitsResult {
  readonly captures: readonly CapturedData[];
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
  return Math.max(1, Math.floor(bytes / (4 * vocabOut(config))));
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
  { capture = new Set(), start, onInput, ...request }: ForwardRequest,
): PendingForward {
  const { memory } = model;
  const pass = preparePass(model, cache, segments);
  const unedited = uneditedRows(model, cache, segments);
  const contextAfter = (segment: number, count?: number) => ({
    ...pass.contextAfter(segment, count),
    ...(unedited && { unedited: unedited.context(segment, count) }),
  });
  const reader = openReaders(request, model);
  const reads: PendingRead[] = [];
  const taps: RunTaps[] = [];
  memory.scope(() => {
    const sent = pass.send();
    unedited?.send();
    const chunks = sendChunks(model, pass.packed, reader, capture, sent.edits);
    const rows = start && memory.from(Uint32Array.from(start.rows), [start.rows.length], "kept rows");
    const range = {
      ...(start && rows && { start: { ...start, residual: gatherRows(memory, start.residual, rows) } }),
      ...(onInput && { onInput }),
    };
    const blocks = sent.blocks(capture, { frozen: unedited?.blocks(), range });
    taps.push(blocks.taps);
    for (const { rows, edits, record } of chunks) {
      memory.scope(() => {
        const headTaps = new RunTaps(capture, memory, edits, undefined, unedited?.head(rows));
        taps.push(headTaps);
        const logits = recordHead(model, blocks.residual, headTaps, rows);
        for (const { tensor, take } of record(logits)) reads.push({ tensor: memory.keep(tensor), take });
      });
    }
  });
  unedited?.release(new Set(taps.flatMap(({ tensors }) => tensors)));
  const takenBy = pass.packed.slots.map((own, i) => [...own, ...(unedited?.slots[i] ?? [])]);
  // Not submitted here: the next write or the read takes the recorded work along, in one submit.
  return {
    ...{ packed: pass.packed, contextAfter, taken: takenBy.flat(), takenBy },
    contexts: segments.map((_, segment) => contextAfter(segment)),
    ...toRead(memory, reads, taps, reader.result),
  };
}

/** Rows of tokens whose logits fit in one buffer, and what is read off them. */
interface HeadChunk {
  /** u32: which tokens of the batch; all of them if left out. */
  readonly rows: Tensor | undefined;
  readonly edits: SiteChanges;
  readonly record: RecordReads;
}

/** Sends what the head needs: logits of the tokens that are read, of all of them where the head is captured. */
function sendChunks(
  model: Model,
  packed: PackedBatch,
  reader: Reader<unknown>,
  capture: ReadonlySet<Site>,
  edits: PassEdits,
): HeadChunk[] {
  const { memory } = model;
  const tokenAt = ({ segment, index }: Place) => (packed.starts[segment] ?? 0) + index;
  const capturesHead = [...capture].some((site) => HEAD_SITES.has(site));
  const tokens = capturesHead
    ? packed.views.map((_, token) => token)
    : [...new Set(reader.places.map(tokenAt))].sort((a, b) => a - b);
  return pieces(tokens, rowsAtOnce(model)).map((chunk) => {
    const rowOf = new Map(chunk.map((token, row) => [token, row]));
    const isAll = chunk.length === packed.count;
    return {
      rows: isAll ? undefined : memory.from(Uint32Array.from(chunk), [chunk.length], "scored tokens"),
      record: reader.send((place) => rowOf.get(tokenAt(place))),
      edits: edits.head(chunk),
    };
  });
}

/** How the results of a recorded pass are read back. */
function toRead(
  memory: TensorMemory,
  reads: readonly PendingRead[],
  taps: readonly RunTaps[],
  result: LogitsResult,
): Pick<PendingForward, "slices" | "decode" | "release"> {
  const tensors = [...reads.map(({ tensor }) => tensor), ...taps.flatMap((one) => one.tensors)];
  return {
    slices: tensors.map(({ buffer, size }) => ({ buffer, offsetBytes: 0, sizeBytes: 4 * size })),
    decode(data) {
      const left = [...data];
      const next = () => left.shift() ?? new ArrayBuffer(0);
      for (const { take } of reads) take(next());
      const captures = taps.flatMap(({ tensors, captured }) => {
        const arrays = tensors.map(() => new Float32Array(next()));
        return captured.map((one) => ({ ...one, data: arrays[one.tensor] ?? new Float32Array() }));
      });
      return { ...result, captures: joinChunks(captures) };
    },
    release() {
      for (const tensor of tensors) memory.release(tensor);
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
