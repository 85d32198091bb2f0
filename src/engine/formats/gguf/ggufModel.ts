/**
 * A GGUF file as a model: its config and tensors as Hugging Face would name them, its tokenizer as a
 * tokenizer.json. Whatever of the file would change the model's numbers and is not understood is refused.
 */
import { VitrineError } from "../../../protocol/errors";
import { hasGgufMagic, readGgufHeader, type GgufHeader, type GgufMetadata } from "./gguf";
import { GGUF_CONFIGS, type GgufArchitecture } from "./ggufConfigs";
import { ggufFields } from "./ggufFields";
import { LONG_ROPE_FACTORS, longRopeOfFactors, ropeScalingOfFactors } from "./ggufRopeFactors";
import { huggingFaceTensors } from "./ggufTensors";
import { ggufTokenizer } from "./ggufTokenizer";
import type { Json } from "../bytes/json";
import type { ModelFiles } from "../storedModel";
import { isQuant } from "./quants";
import type { TensorEntry } from "../safetensors";
import { filesEnding, type ByteFile, type FileSet } from "../bytes/source";

const ROPE_FACTORS = "rope_freqs.weight";

export async function readGguf(files: FileSet): Promise<ModelFiles | undefined> {
  const file = await chooseFile(files);
  if (file === undefined) return undefined;
  const header = await readGgufHeader(file);
  const { metadata } = header;
  const architecture = architectureOf(file, metadata);
  const config = await readConfig(file, header, architecture);
  const isRotary = (name: string) =>
    name === ROPE_FACTORS || (architecture === "phi3" && name in LONG_ROPE_FACTORS);
  const weights = header.tensors.filter(({ name }) => !isRotary(name));
  const { notes, ...tokenizer } = ggufTokenizer(file.name, metadata);
  return {
    layout: "gguf",
    config,
    tensors: huggingFaceTensors(file, weights, architecture, config),
    weightFiles: [file],
    ...tokenizer,
    notes: [...quantizationNote(weights), ...notes],
  };
}

/** The one GGUF file; beside safetensors it is a copy of the same model, and those are the better ones. */
async function chooseFile(files: FileSet): Promise<ByteFile | undefined> {
  if (filesEnding(files, ".safetensors").length > 0) return undefined;
  const named = filesEnding(files, ".gguf");
  const [first] = named;
  if (first && named.length > 1) {
    const names = named.slice(0, 8).map(({ name }) => name);
    throw new VitrineError(
      "BadFile",
      `There are ${named.length} GGUF files (${names.join(", ")}); choose one.`,
    );
  }
  if (first) return first;
  const [only] = files;
  return only && files.length === 1 && hasGgufMagic(await only.slice(0, 4)) ? only : undefined;
}

function architectureOf(file: ByteFile, metadata: GgufMetadata): GgufArchitecture {
  const parts = metadata.get("split.count");
  if (typeof parts === "number" && parts > 1) {
    throw new VitrineError(
      "Unsupported",
      `${file.name} is one of ${parts} parts of a model; merge them with llama-gguf-split --merge.`,
    );
  }
  const name = metadata.get("general.architecture");
  if (isKnown(name)) return name;
  const shown = name === undefined ? "missing" : JSON.stringify(name).slice(0, 100);
  throw new VitrineError(
    "Unsupported",
    `${file.name}: general.architecture is ${shown}; Vitrine reads GGUF files of ${Object.keys(GGUF_CONFIGS).join(", ")}.`,
  );
}

const isKnown = (name: unknown): name is GgufArchitecture =>
  typeof name === "string" && Object.hasOwn(GGUF_CONFIGS, name);

async function readConfig(
  file: ByteFile,
  { metadata, tensors }: GgufHeader,
  architecture: GgufArchitecture,
): Promise<Json> {
  const fields = ggufFields(file.name, metadata, architecture);
  const config = GGUF_CONFIGS[architecture](fields);
  const find = (name: string) => tensors.find((tensor) => tensor.name === name);
  const vocabSize = find("token_embd.weight")?.shape[0];
  if (vocabSize === undefined) {
    throw new VitrineError(
      "BadFile",
      `${file.name} has no tensor token_embd.weight; it is no whole model, choose another file.`,
    );
  }
  const factors = find(ROPE_FACTORS);
  const attentionFactor = fields.number("rope.scaling.attn_factor");
  const longRope = architecture === "phi3" && (await longRopeOfFactors(file, tensors, attentionFactor));
  const tokens = ["bos", "eos"].flatMap((kind) => {
    const id = metadata.get(`tokenizer.ggml.${kind}_token_id`);
    return typeof id === "number" ? [[`${kind}_token_id`, id] as const] : [];
  });
  return {
    ...config,
    vocab_size: vocabSize,
    tie_word_embeddings: find("output.weight") === undefined,
    ...Object.fromEntries(tokens),
    ...(longRope && { rope_scaling: longRope }),
    ...(factors && { rope_scaling: await ropeScalingOfFactors({ file, entry: factors }, config) }),
  };
}

function quantizationNote(tensors: readonly TensorEntry[]): string[] {
  const kinds = new Set(tensors.map(({ dtype }) => dtype).filter(isQuant));
  return kinds.size === 0
    ? []
    : [
        `The weights are quantized (${[...kinds].sort().join(", ")}): the numbers are not those of the original.`,
      ];
}
