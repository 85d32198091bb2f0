/** A model made of separate files: the weights of some container, and around them what belongs to them. */
import { VitrineError } from "../../protocol/errors";
import { classifierNote } from "./classifierHead";
import { readTokenizerFiles } from "./tokenizer/tokenizerFiles";
import type { Json } from "./bytes/json";
import type { ModelFiles, StoredTensor } from "./storedModel";
import { filesEnding, type ByteFile, type FileSet } from "./bytes/source";

export interface Weights {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly weightFiles: readonly ByteFile[];
  readonly notes: readonly string[];
  /** Settings that the container keeps with the weights. */
  readonly inside?: Json | undefined;
  readonly checkpoints?: ModelFiles["checkpoints"];
}

/** `config`: what lies beside the weights. Toy models whose tensors tell what they are do without. */
export async function folderModel(
  layout: string,
  files: FileSet,
  config: Json | undefined,
  { notes, inside, ...weights }: Weights,
): Promise<ModelFiles> {
  const model = { layout, ...weights };
  const classifier = classifierNote(config ?? {}, weights.tensors.keys());
  const told = [...notes, ...(classifier === undefined ? [] : [classifier])];
  const understood = await asToy({ ...model, notes: told }, config, inside ?? {});
  if (understood) return withCompanions(files, understood);
  if (config === undefined || typeof config["model_type"] !== "string") {
    const name = weights.weightFiles[0]?.name ?? "the weights";
    throw new VitrineError(
      "BadFile",
      config === undefined
        ? `config.json not found beside ${name}: drop the whole folder, or both files.`
        : `config.json: model_type is ${JSON.stringify(config["model_type"])}, and the tensors of ${name} have no names that tell it: say which architecture it is.`,
    );
  }
  return withCompanions(files, { ...model, config, notes: told });
}

/** Companions come with their own notes, first. */
async function withCompanions(files: FileSet, model: ModelFiles): Promise<ModelFiles> {
  const companions = await companionsOf(files, model.config);
  return { ...model, ...companions, notes: [...companions.notes, ...model.notes] };
}

type Found = Omit<ModelFiles, "config">;

/** What the names of the tensors tell, whether there is a config or not. Its code is fetched where it may be of use. */
async function asToy(model: Found, config: Json | undefined, inside: Json): Promise<ModelFiles | undefined> {
  const { tensors } = model;
  const names = [...tensors.keys()];
  if (names.some((name) => name.endsWith("embed.W_E"))) {
    const { asTransformerLens, transformerLensTensors } = await import("./transformerLens");
    const named = transformerLensTensors(tensors);
    if (named) return asTransformerLens(model, named, config ?? {}, inside);
  }
  if (names.some((name) => name.endsWith("h.0.attn.c_attn.weight"))) {
    const { asGpt } = await import("./toys/gptModel");
    return asGpt(model, config, inside);
  }
  return undefined;
}

/** Weights that were converted from llama2.c may still have its tokenizer beside them. */
async function companionsOf(files: FileSet, config: Json): ReturnType<typeof readTokenizerFiles> {
  const companions = await readTokenizerFiles(files);
  const { vocab_size: vocabSize } = config;
  if (companions.tokenizerJson || typeof vocabSize !== "number") return companions;
  const beside = await (
    await import("./llama2c/llama2cTokenizer")
  ).vocabularyBeside(filesEnding(files, ".bin"), vocabSize);
  return beside ? { ...companions, ...beside } : companions;
}
