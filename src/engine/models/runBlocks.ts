/**
 * The loop over a model's blocks, the same for every architecture: one scope a block, so that no more than one block's
 * tensors live at a time. A pass may begin at any block from a kept residual stream, and stop before any.
 */
import { blockSite } from "../../protocol/sites";
import type { Tensor } from "../device/tensor";
import type { Architecture, ForwardContext, ModelConfig, TokenBatch } from "./architecture";
import { openLayer } from "./layers";

/** Where a pass begins that is not from its tokens: the residual stream before block `layer`, [tokens, dModel]. */
export interface BlockStart {
  readonly layer: number;
  readonly residual: Tensor;
}

/** A part of the blocks; all of them if both are left out. */
export interface BlockRange {
  readonly start?: BlockStart;
  /** The first block that is not run. */
  readonly stop?: number;
  /** Given what each block reads, before edits of `resid_pre`. It lives as long as the scope that the pass runs in. */
  readonly onInput?: (layer: number, residual: Tensor) => void;
}

/** Residual stream after the last block that is run, [tokens, dModel]. */
export function runBlocks<C extends ModelConfig>(
  architecture: Pick<Architecture<C>, "shared" | "embed" | "block">,
  context: ForwardContext<C>,
  batch: TokenBatch,
  { start, stop = context.config.nLayers, onInput }: BlockRange = {},
): Tensor {
  const { memory } = context;
  const shared = architecture.shared?.(context, batch);
  let x = start?.residual ?? memory.scope(() => architecture.embed(context, batch));
  for (let index = start?.layer ?? 0; index < stop; index++) {
    onInput?.(index, x);
    const residPre = enterBlock(context, index, x);
    x = memory.scope(() => architecture.block(openLayer(context, batch, index, shared), residPre));
  }
  return x;
}

/** What a block reads, as it passes its tap. */
function enterBlock<C extends ModelConfig>({ taps }: ForwardContext<C>, index: number, x: Tensor): Tensor {
  return taps.tap(blockSite(index, "resid_pre"), x);
}

/** One block in the scope that is open, its first tap included: what it made lives on, for the way back. */
export function runBlock<C extends ModelConfig>(
  architecture: Pick<Architecture<C>, "block">,
  context: ForwardContext<C>,
  batch: TokenBatch,
  index: number,
  x: Tensor,
  shared: Tensor | undefined,
): Tensor {
  return architecture.block(openLayer(context, batch, index, shared), enterBlock(context, index, x));
}
