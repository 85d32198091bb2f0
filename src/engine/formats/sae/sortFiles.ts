/**
 * What lies among files: autoencoders, a model, or both. Files of weights that are no autoencoder's are a model's, whatever
 * is wrong with them: who opens them says it.
 */
import type { SortedFiles } from "../../../protocol/features";
import type { FileSet } from "../source";
import { findSaes } from "./findSaes";

const WEIGHTS = /\.(safetensors|npz|pt|pth|bin|ckpt|gguf)$/i;
const NO_WEIGHTS = /\.(json|jsonl|txt|md|csv|ya?ml|py|jinja)$/i;

export async function sortFiles(files: FileSet): Promise<SortedFiles> {
  const { saes, refused } = await findSaes(files);
  const found = new Set([
    ...saes.flatMap((sae) => sae.files.slice(0, 1).map(({ name }) => name)),
    ...refused.filter(({ isSae }) => isSae).map(({ name }) => name),
  ]);
  const hasModel = files.some(({ name }) => {
    const isTokenizer = /(^|\/)tokenizer\.\w+$/.test(name);
    return !found.has(name) && !isTokenizer && (WEIGHTS.test(name) || !NO_WEIGHTS.test(name));
  });
  return { saes: [...found], hasModel };
}
