/** A model made of separate files: the weights of some container, and around them what belongs to them. */
import { readCompanions } from "./companions";
import type { Json } from "./json";
import type { ModelFiles, StoredTensor } from "./modelFiles";
import type { ByteFile, FileSet } from "./source";
import { asTransformerLens, isTransformerLens } from "./transformerLens";

export interface Weights {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly weightFiles: readonly ByteFile[];
  readonly notes: readonly string[];
}

export async function folderModel(
  layout: string,
  files: FileSet,
  config: Json,
  { notes, ...weights }: Weights,
): Promise<ModelFiles> {
  const companions = await readCompanions(files);
  const model = { layout, config, ...weights, ...companions, notes: [...companions.notes, ...notes] };
  return isTransformerLens(model) ? asTransformerLens(model) : model;
}
