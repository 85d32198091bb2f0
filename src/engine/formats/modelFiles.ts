/**
 * A model's files, recognised by content: config, tensors by name wherever they are stored, tokenizer.
 * The known layouts are listed below.
 */
import { VitrineError } from "../../protocol/errors";
import { readHuggingFace } from "./huggingFace";
import type { Json } from "./json";
import type { TensorEntry } from "./safetensors";
import type { ByteFile, FileSet } from "./source";

export interface StoredTensor {
  readonly file: ByteFile;
  readonly entry: TensorEntry;
  /** The bytes hold the transposed matrix: [in, out] where `entry.shape` says [out, in]. */
  readonly transposed?: true;
  /** The rows of each head are interleaved rotary pairs (0,1),(2,3) …; read in half-split order (j, j + dHead/2). */
  readonly interleavedHeads?: { readonly dHead: number };
}

export interface ModelFiles {
  readonly layout: string;
  readonly config: Json;
  /** By the names of the file; the architecture knows them, prefix and all. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** In order of name; what the model's hash is taken over. */
  readonly weightFiles: readonly ByteFile[];
  readonly tokenizerJson?: Json;
  readonly tokenizerConfig?: Json;
  readonly generationConfig?: Json;
  /** Where the file holds the weights of many epochs: their names, and which were opened. */
  readonly checkpoints?: { readonly names: readonly string[]; readonly chosen: number };
  /** What is missing or odd, for people. */
  readonly notes: readonly string[];
}

type ReadLayout = (files: FileSet) => Promise<ModelFiles | undefined>;

/** Layouts, tried in order; one line each. A layout answers undefined if the files are not of its kind. */
const LAYOUTS: readonly ReadLayout[] = [
  async (files) => (await import("./ggufModel")).readGguf(files),
  async (files) => (await import("./llama2c")).readLlama2c(files),
  async (files) => (await import("./pytorch")).readPyTorch(files),
  readHuggingFace,
];

/** Endings of a Hugging Face folder with safetensors; where there is no other file, no other layout is fetched. */
const USUAL = /\.(json|safetensors|txt|md|jinja)$/i;

function layoutsFor(files: FileSet): readonly ReadLayout[] {
  const isUsual = files.length > 0 && files.every(({ name }) => USUAL.test(name));
  return isUsual ? [readHuggingFace] : LAYOUTS;
}

export async function openModelFiles(files: FileSet): Promise<ModelFiles> {
  for (const read of layoutsFor(files)) {
    const found = await read(files);
    if (found) return found;
  }
  const names = files.map(({ name }) => name);
  const seen =
    names.length === 0 ? "nothing" : names.slice(0, 8).join(", ") + (names.length > 8 ? ", …" : "");
  throw new VitrineError(
    "BadFile",
    `config.json not found among ${seen}. A model is a folder with config.json and weights (.safetensors, or PyTorch’s .bin or .pt), one GGUF file, or a llama2.c .bin.`,
  );
}
