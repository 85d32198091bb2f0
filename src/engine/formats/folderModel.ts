/** A model made of separate files: the weights of some container, and around them what belongs to them. */
import { classifierNote } from "./classifierHead";
import { readCompanions } from "./companions";
import type { Json } from "./json";
import type { ModelFiles, StoredTensor } from "./modelFiles";
import { filesEnding, type ByteFile, type FileSet } from "./source";
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
  const companions = await companionsOf(files, config);
  const classifier = classifierNote(config, weights.tensors.keys());
  const told = [...companions.notes, ...notes, ...(classifier === undefined ? [] : [classifier])];
  const model = { layout, config, ...weights, ...companions, notes: told };
  return isTransformerLens(model) ? asTransformerLens(model) : model;
}

/** Weights that were converted from llama2.c may still have its tokenizer beside them. */
async function companionsOf(files: FileSet, config: Json): ReturnType<typeof readCompanions> {
  const companions = await readCompanions(files);
  const { vocab_size: vocabSize } = config;
  if (companions.tokenizerJson || typeof vocabSize !== "number") return companions;
  const beside = await (
    await import("./llama2cTokenizer")
  ).vocabularyBeside(filesEnding(files, ".bin"), vocabSize);
  return beside ? { ...companions, ...beside } : companions;
}
