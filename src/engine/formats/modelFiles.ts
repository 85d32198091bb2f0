/**
 * A model's files, recognised by content: config, tensors by name wherever they are stored, tokenizer.
 * The known layouts are listed below.
 */
import { VitrineError } from "../../protocol/errors";
import { readHuggingFace } from "./huggingFace";
import type { TensorEntry } from "./safetensors";
import type { ByteFile, FileSet } from "./source";

export interface StoredTensor {
  readonly file: ByteFile;
  readonly entry: TensorEntry;
}

export type Json = Readonly<Record<string, unknown>>;

export interface ModelFiles {
  readonly layout: string;
  readonly config: Json;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** In order of name; what the model's hash is taken over. */
  readonly weightFiles: readonly ByteFile[];
  readonly tokenizerJson?: Json;
  readonly tokenizerConfig?: Json;
  /** What is missing or odd, for people. */
  readonly notes: readonly string[];
}

/** Layouts, tried in order; one line each. A layout answers undefined if the files are not of its kind. */
const LAYOUTS: readonly ((files: FileSet) => Promise<ModelFiles | undefined>)[] = [readHuggingFace];

export async function openModelFiles(files: FileSet): Promise<ModelFiles> {
  for (const read of LAYOUTS) {
    const found = await read(files);
    if (found) return found;
  }
  const names =
    files
      .map(({ name }) => name)
      .slice(0, 8)
      .join(", ") || "nothing";
  throw new VitrineError(
    "BadFile",
    `No model was found in ${names}: give config.json together with model.safetensors (and tokenizer.json).`,
  );
}
