/** How many tokens of a corpus go through the model and its autoencoders at a time. */
import { batchTokens, CORPUS_MULTIPLICATIONS } from "../../interp/batch/cellBatches";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";

/** `contextSize`: of the longest context, which goes alone where it is more than this. */
export function tokensPerBatch(model: Model, saes: readonly Sae[], contextSize: number): number {
  const most = CORPUS_MULTIPLICATIONS[model.memory.device.kind];
  const encoding = saes.reduce((sum, { weights }) => {
    const [nLatents, dIn] = weights.encoder.shape;
    return sum + nLatents * dIn;
  }, 0);
  return Math.floor(Math.min(batchTokens(model, contextSize, false, most), most / encoding));
}
