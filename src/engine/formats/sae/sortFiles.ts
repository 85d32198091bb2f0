/**
 * What lies among files: autoencoders, Jacobian lenses, a model, or several of them. Files of weights that are no autoencoder's are a model's, whatever
 * is wrong with them: who opens them says it.
 */
import type { SortedFiles } from "../../../protocol/sae/features";
import { baseNameOf, type FileSet } from "../bytes/source";
import { readLens } from "../lens/readLens";
import { findSaes } from "./findSaes";
import { isDecoderPart } from "./sets/crossLayer";

const WEIGHTS = /\.(safetensors|npz|pt|pth|bin|ckpt|gguf)$/i;
const LENS = /\.(safetensors|pt|pth)$/i;
const NO_WEIGHTS = /\.(json|jsonl|txt|md|csv|ya?ml|py|jinja)$/i;

/** What training leaves beside an autoencoder's weights. */
const LEFT_BEHIND = /(^|\/)[^/]*(sparsity|optim|scheduler|rng_state|activations)[^/]*$/i;
/** A file without a telling name is no model if it is smaller: a licence. */
const LEAST_BYTES = 100_000;

/** Files that are looked into for a lens; a folder of a model has fewer. */
const MOST_LENSES = 64;

export async function sortFiles(files: FileSet): Promise<SortedFiles> {
  const lenses = await lensesAmong(files);
  const others = files.filter(({ name }) => !lenses.includes(name));
  const { saes, refused } = await findSaes(others);
  const found = new Set([
    ...saes.flatMap((sae) => sae.files.slice(0, 1).map(({ name }) => name)),
    ...refused.filter(({ isSae }) => isSae).map(({ name }) => name),
  ]);
  const hasModel = others.some(({ name, size }) => {
    if (
      found.has(name) ||
      isDecoderPart(baseNameOf({ name })) ||
      LEFT_BEHIND.test(name) ||
      /(^|\/)tokenizer\.\w+$/.test(name)
    )
      return false;
    return WEIGHTS.test(name) || (!NO_WEIGHTS.test(name) && size >= LEAST_BYTES);
  });
  return { saes: [...found], lenses, hasModel };
}

/** One that cannot be used is told by who opens it. */
async function lensesAmong(files: FileSet): Promise<string[]> {
  const names: string[] = [];
  for (const file of files.filter(({ name }) => LENS.test(name)).slice(0, MOST_LENSES)) {
    const isLens = await readLens(file).then(
      (lens) => lens !== undefined,
      () => true,
    );
    if (isLens) names.push(file.name);
  }
  return names;
}
