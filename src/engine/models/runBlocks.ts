/**
 * The loop over a model's blocks, the same for every architecture: one scope a block, so that no more than one block's
 * tensors live at a time.
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

/** Residual stream after the last block, [tokens, dModel]. */
export function runBlocks<C extends ModelConfig>(
  architecture: Pick<Architecture<C>, "shared" | "embed" | "block">,
  context: ForwardContext<C>,
  batch: TokenBatch,
  start?: BlockStart,
): Tensor {
  const { config, memory, taps } = context;
  const shared = architecture.shared?.(context, batch);
  let x = start?.residual ?? memory.scope(() => architecture.embed(context, batch));
  for (let index = start?.layer ?? 0; index < config.nLayers; index++) {
    const residPre = taps.tap(blockSite(index, "resid_pre"), x);
    x = memory.scope(() => architecture.block(openLayer(context, batch, index, shared), residPre));
  }
  return x;
}
