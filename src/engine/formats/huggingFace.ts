/**
 * The Hugging Face layout: `config.json`, `model.safetensors` or shards named by `model.safetensors.index.json`,
 * `tokenizer.json` and its companions. Any single `.safetensors` file beside a config will do.
 */
import { VitrineError } from "../../protocol/errors";
import type { Json, ModelFiles, StoredTensor } from "./modelFiles";
import { readSafetensorsHeader } from "./safetensors";
import { fileNamed, type ByteFile, type FileSet } from "./source";

const INDEX = "model.safetensors.index.json";
const MAX_CONFIG_BYTES = 4_000_000;
/** Tokenizers of 250 k entries with merges stay below. */
const MAX_TOKENIZER_BYTES = 100_000_000;
const MAX_SHARDS = 1000;

export async function readHuggingFace(files: FileSet): Promise<ModelFiles | undefined> {
  const weights = files.filter(({ name }) => name.endsWith(".safetensors"));
  const configFile = fileNamed(files, "config.json");
  if (weights.length === 0 && !configFile) return undefined;
  if (!configFile) {
    throw new VitrineError(
      "BadFile",
      `config.json not found beside ${weights[0]?.name}: drop the whole folder, or both files.`,
    );
  }
  const config = await readJson(configFile, MAX_CONFIG_BYTES);
  const weightFiles = await chooseWeights(files, weights);
  const tensors = new Map<string, StoredTensor>();
  for (const file of weightFiles) {
    for (const entry of (await readSafetensorsHeader(file)).tensors) {
      const twin = tensors.get(entry.name);
      if (twin)
        throw new VitrineError(
          "BadFile",
          `tensor ${entry.name} is in both ${twin.file.name} and ${file.name}`,
        );
      tensors.set(entry.name, { file, entry });
    }
  }
  const tokenizerFile = fileNamed(files, "tokenizer.json");
  const tokenizerConfigFile = fileNamed(files, "tokenizer_config.json");
  return {
    layout: "huggingface",
    config,
    tensors,
    weightFiles,
    ...(tokenizerFile ? { tokenizerJson: await readJson(tokenizerFile, MAX_TOKENIZER_BYTES) } : {}),
    ...(tokenizerConfigFile
      ? { tokenizerConfig: await readJson(tokenizerConfigFile, MAX_CONFIG_BYTES) }
      : {}),
    notes: tokenizerFile
      ? []
      : ["tokenizer.json not found: token ids only, or drop it together with the model."],
  };
}

/** One file, or every shard that the index names. */
async function chooseWeights(files: FileSet, weights: readonly ByteFile[]): Promise<ByteFile[]> {
  const single = fileNamed(files, "model.safetensors");
  if (single) return [single];
  const index = fileNamed(files, INDEX) ?? files.find(({ name }) => name.endsWith(".safetensors.index.json"));
  if (index) {
    const { weight_map: map } = await readJson(index, MAX_TOKENIZER_BYTES);
    if (typeof map !== "object" || map === null) {
      throw new VitrineError("BadFile", `${index.name}: weight_map is missing, so the shards are unknown.`);
    }
    const names = [...new Set(Object.values(map).map(String))].sort();
    if (names.length > MAX_SHARDS)
      throw new VitrineError(
        "BadFile",
        `${index.name} names ${names.length} shards, more than ${MAX_SHARDS}`,
      );
    return names.map((name) => {
      const shard = fileNamed(files, name);
      if (shard) return shard;
      throw new VitrineError(
        "BadFile",
        `${name} not found: ${index.name} names it; drop all ${names.length} shards together.`,
      );
    });
  }
  const [only] = weights;
  if (only && weights.length === 1) return [only];
  throw new VitrineError(
    "BadFile",
    only
      ? `${weights.length} .safetensors files and no ${INDEX}: drop the index too, or one file alone.`
      : "model.safetensors not found beside config.json: drop the weights together with it.",
  );
}

async function readJson(file: ByteFile, limitBytes: number): Promise<Json> {
  if (file.size > limitBytes) {
    throw new VitrineError(
      "BadFile",
      `${file.name} has ${file.size} bytes, more than the ${limitBytes} that such a file may have.`,
    );
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await file.slice(0, file.size)));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  } catch (cause) {
    throw new VitrineError("BadFile", `${file.name} is not valid JSON; copy it again.`, { cause });
  }
  throw new VitrineError("BadFile", `${file.name} does not hold a JSON object.`);
}
