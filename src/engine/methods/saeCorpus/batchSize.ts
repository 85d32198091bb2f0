/** How many tokens of a corpus go through the model and its autoencoders at a time. */
import { batchTokens } from "../../interp/batch/cellBatches";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";

/**
 * Multiplications of one batch, of the model and of the autoencoders each. More than of a sweep: a pass is long, and may be
 * stopped between any two batches.
 */
const BATCH_MULTIPLICATIONS = { cpu: 1e9, webgpu: 4e10 } as const;

/** `contextSize`: of the longest context, which goes alone where it is more than this. */
export function tokensPerBatch(model: Model, saes: readonly Sae[], contextSize: number): number {
  const most = BATCH_MULTIPLICATIONS[model.memory.device.kind];
  const encoding = saes.reduce((sum, { weights }) => {
    const [nLatents, dIn] = weights.encoder.shape;
    return sum + nLatents * dIn;
  }, 0);
  return Math.floor(Math.min(batchTokens(model, contextSize, false, most), most / encoding));
}
