/** Recognises a model's files by content. The known layouts are listed below. */
import { VitrineError } from "../../protocol/errors";
import { readHuggingFace } from "./huggingFace";
import type { FileSet } from "./bytes/source";
import type { ModelFiles } from "./storedModel";

type ReadLayout = (files: FileSet) => Promise<ModelFiles | undefined>;

/** Layouts, tried in order; one line each. A layout answers undefined if the files are not of its kind. */
const LAYOUTS: readonly ReadLayout[] = [
  async (files) => (await import("./gguf/ggufModel")).readGguf(files),
  async (files) => (await import("./llama2c/llama2c")).readLlama2c(files),
  async (files) => (await import("./torch/pytorch")).readPyTorch(files),
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
