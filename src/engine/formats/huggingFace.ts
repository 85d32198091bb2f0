/**
 * The Hugging Face layout: `config.json`, `model.safetensors` or shards named by `model.safetensors.index.json`,
 * `tokenizer.json` and its companions. Any single `.safetensors` file beside a config will do. A TransformerLens
 * model lies in the same kind of folder, its config in `cfg.json`; its tensors' names tell it.
 */
import { VitrineError } from "../../protocol/errors";
import { isJsonObject, readJson, type Json } from "./json";
import type { ModelFiles, StoredTensor } from "./modelFiles";
import { readSafetensorsHeader } from "./safetensors";
import { baseNameOf, fileNamed, filesEnding, inNameOrder, type ByteFile, type FileSet } from "./source";

const MAX_CONFIG_BYTES = 4_000_000;
const MAX_INDEX_BYTES = 64_000_000;
/** Tokenizers of 250 k entries with merges stay below. */
const MAX_TOKENIZER_BYTES = 100_000_000;
const MAX_SHARDS = 1000;
const INDEX = "model.safetensors.index.json";
/** Configs that are not the model's. */
const OTHER_CONFIGS = ["tokenizer_config.json", "generation_config.json", "preprocessor_config.json"];

export async function readHuggingFace(files: FileSet): Promise<ModelFiles | undefined> {
  const config = await readConfig(files);
  const weights = filesEnding(files, ".safetensors");
  if (config === undefined) {
    const [first] = weights;
    if (first === undefined) return undefined;
    throw new VitrineError(
      "BadFile",
      `config.json not found beside ${first.name}: drop the whole folder, or both files.`,
    );
  }
  const weightFiles = await chooseWeights(files, weights);
  const optional = async (name: string, limitBytes: number) => {
    const file = fileNamed(files, name);
    return file && (await readJson(file, limitBytes));
  };
  const tokenizerJson = await optional("tokenizer.json", MAX_TOKENIZER_BYTES);
  const tokenizerConfig = await optional("tokenizer_config.json", MAX_CONFIG_BYTES);
  const generationConfig = await optional("generation_config.json", MAX_CONFIG_BYTES);
  const tensors = await readHeaders(weightFiles);
  const isHooked = tensors.has("embed.W_E");
  return {
    layout: isHooked ? "transformerlens" : "huggingface",
    config: isHooked ? { ...config, model_type: "hooked_transformer" } : config,
    tensors,
    weightFiles,
    ...(tokenizerJson && { tokenizerJson }),
    ...(tokenizerConfig && { tokenizerConfig }),
    ...(generationConfig && { generationConfig }),
    notes: tokenizerJson ? [] : ["tokenizer.json not found: token ids only, or drop it here now."],
  };
}

/** config.json, or else the only file such as `tiny_config.json` that names a model type. */
async function readConfig(files: FileSet): Promise<Json | undefined> {
  const named = fileNamed(files, "config.json") ?? fileNamed(files, "cfg.json");
  if (named) return readJson(named, MAX_CONFIG_BYTES);
  const configs: Json[] = [];
  for (const file of filesEnding(files, "config.json")) {
    if (OTHER_CONFIGS.includes(baseNameOf(file)) || file.size > MAX_CONFIG_BYTES) continue;
    const config = await readJson(file, MAX_CONFIG_BYTES);
    if (typeof config["model_type"] === "string") configs.push(config);
  }
  return configs.length === 1 ? configs[0] : undefined;
}

/** One file, or every shard that the index names, in order of name. */
async function chooseWeights(files: FileSet, weights: FileSet): Promise<ByteFile[]> {
  const single = fileNamed(files, "model.safetensors");
  if (single) return [single];
  const index = fileNamed(files, INDEX) ?? filesEnding(files, ".safetensors.index.json")[0];
  if (index) return shardsOf(index, files);
  const [only] = weights;
  if (only && weights.length === 1) return [only];
  throw new VitrineError(
    "BadFile",
    only
      ? `There are ${weights.length} .safetensors files and no ${INDEX}: drop the index too, or one file alone.`
      : "model.safetensors not found beside config.json: drop the weights together with it.",
  );
}

async function shardsOf(index: ByteFile, files: FileSet): Promise<ByteFile[]> {
  const { weight_map: map } = await readJson(index, MAX_INDEX_BYTES);
  if (!isJsonObject(map)) {
    throw new VitrineError(
      "BadFile",
      `${index.name}: weight_map is missing, so the shards are unknown; copy it again.`,
    );
  }
  const names = [...new Set(Object.values(map).map(String))].sort();
  if (names.length > MAX_SHARDS) {
    throw new VitrineError(
      "BadFile",
      `${index.name} names ${names.length} shards, more than ${MAX_SHARDS}; check it.`,
    );
  }
  const missing = names.filter((name) => !fileNamed(files, name));
  if (missing.length > 0) {
    throw new VitrineError(
      "BadFile",
      `${missing.join(", ")} not found: ${index.name} names it; drop all ${names.length} shards together.`,
    );
  }
  return inNameOrder(names.map((name) => fileNamed(files, name)).filter((file) => file !== undefined));
}

async function readHeaders(weightFiles: FileSet): Promise<Map<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (const file of weightFiles) {
    for (const entry of (await readSafetensorsHeader(file)).tensors) {
      const twin = tensors.get(entry.name)?.file.name;
      if (twin !== undefined) {
        throw new VitrineError(
          "BadFile",
          `Tensor ${entry.name} is in both ${twin} and ${file.name}; drop one model.`,
        );
      }
      tensors.set(entry.name, { file, entry });
    }
  }
  return tensors;
}
