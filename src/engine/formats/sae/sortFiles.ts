/**
 * What lies among files: autoencoders, a model, or both. Files of weights that are no autoencoder's are a model's, whatever
 * is wrong with them: who opens them says it.
 */
import type { SortedFiles } from "../../../protocol/features";
import type { FileSet } from "../bytes/source";
import { findSaes } from "./findSaes";

const WEIGHTS = /\.(safetensors|npz|pt|pth|bin|ckpt|gguf)$/i;
const NO_WEIGHTS = /\.(json|jsonl|txt|md|csv|ya?ml|py|jinja)$/i;

/** What training leaves beside an autoencoder's weights. */
const LEFT_BEHIND = /(^|\/)[^/]*(sparsity|optim|scheduler|rng_state|activations)[^/]*$/i;
/** A file without a telling name is no model if it is smaller: a licence. */
const LEAST_BYTES = 100_000;

export async function sortFiles(files: FileSet): Promise<SortedFiles> {
  const { saes, refused } = await findSaes(files);
  const found = new Set([
    ...saes.flatMap((sae) => sae.files.slice(0, 1).map(({ name }) => name)),
    ...refused.filter(({ isSae }) => isSae).map(({ name }) => name),
  ]);
  const hasModel = files.some(({ name, size }) => {
    if (found.has(name) || LEFT_BEHIND.test(name) || /(^|\/)tokenizer\.\w+$/.test(name)) return false;
    return WEIGHTS.test(name) || (!NO_WEIGHTS.test(name) && size >= LEAST_BYTES);
  });
  return { saes: [...found], hasModel };
}
