/**
 * How every pass begins: one that is scored (pass/forwardPass.ts), the rows without edits beside it (frozen.ts), one that
 * is kept on the device (activations/activationCache.ts), one that is walked back (gradients/gradients.ts).
 *
 *   1. `preparePass` packs the segments and takes cache slots for their tokens
 *   2. `send` sends the batch and the edits of every changed site: writes are ordered before the submit that follows, so
 *      all that the host sends goes before anything is recorded
 *   3. `blocks` records the blocks, with what is captured and changed on the way; `recordHead` goes on to logits
 */
import type { Site } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import type { Taps, TokenBatch } from "../../models/architecture";
import type { Model } from "../../models/model";
import { runBlocks, type BlockRange } from "../../models/runBlocks";
import { gatherRows } from "../../ops/embedding";
import type { KeyValueCache } from "../../ops/keyValueCache";
import { contextAfter, EMPTY_CONTEXT, type RowContext, type Segment } from "../batch/rowContext";
import { packBatch, uploadBatch, type PackedBatch } from "../batch/tokenBatch";
import { uploadPassEdits, type PassEdits } from "./passEdits";
import { RunTaps } from "./runTaps";

export interface PreparedPass {
  readonly packed: PackedBatch;
  /** The context of a segment after the first `count` of its tokens, or all of them. */
  contextAfter(segment: number, count?: number): RowContext;
  /** What is sent belongs to the open scope. */
  send(): SentPass;
}

export interface SentPass {
  readonly batch: TokenBatch;
  readonly edits: PassEdits;
  /** The residual stream after the last block, [tokens, dModel], owned by the open scope, and what was captured. */
  blocks(capture: ReadonlySet<Site>, options?: BlockOptions): { residual: Tensor; taps: RunTaps };
}

export interface BlockOptions {
  /** u32 [n]: of captured sites only these tokens are kept. */
  readonly rows?: Tensor | undefined;
  /** What stands in the place of whole sites. */
  readonly frozen?: ReadonlyMap<Site, Tensor> | undefined;
  /** All blocks if left out. */
  readonly range?: BlockRange;
}

/** Takes slots of `cache`; the caller gives them back. */
export function preparePass(model: Model, cache: KeyValueCache, segments: readonly Segment[]): PreparedPass {
  const { architecture, config, memory, weights } = model;
  const packed = packBatch(segments, cache, config);
  const after = (index: number, count?: number) => {
    const segment = segments[index];
    return segment ? contextAfter(segment, packed.slots[index] ?? [], count) : EMPTY_CONTEXT;
  };
  return {
    packed,
    contextAfter: after,
    send() {
      const batch = uploadBatch(packed, cache, memory, config.nCtx);
      const contexts = segments.map((_, index) => after(index));
      const edits = uploadPassEdits(model, segments, packed, contexts);
      return {
        ...{ batch, edits },
        blocks(capture, { rows, frozen, range } = {}) {
          const taps = new RunTaps(capture, memory, edits.blocks, rows, frozen);
          const residual = runBlocks(architecture, { config, weights, memory, taps }, batch, range);
          taps.releaseInputs();
          return { residual, taps };
        },
      };
    },
  };
}

/** Residual stream [tokens, dModel] → logits of some of its rows (u32), or of all. Owned by the open scope. */
export function recordHead(
  { architecture, config, memory, weights }: Model,
  residual: Tensor,
  taps: Taps,
  rows?: Tensor,
): Tensor {
  const read = rows ? gatherRows(memory, residual, rows) : residual;
  return architecture.head({ config, weights, memory, taps }, read);
}
