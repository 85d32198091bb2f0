/**
 * The small files beside a model's weights, whatever container those are in: its config, tokenizer and defaults.
 * Every layout that is a folder has the same ones.
 */
import { readJson, readText, type Json } from "./json";
import type { ModelFiles } from "./modelFiles";
import { baseNameOf, fileNamed, filesEnding, type FileSet } from "./source";

const MAX_CONFIG_BYTES = 4_000_000;
/** Tokenizers of 250 k entries with merges stay below. */
const MAX_TOKENIZER_BYTES = 100_000_000;
/** Configs that are not the model's. */
const OTHER_CONFIGS = ["tokenizer_config.json", "generation_config.json", "preprocessor_config.json"];
/** The second is TransformerLens's. */
const CONFIGS = ["config.json", "cfg.json"];

/** config.json, or else the only file such as `tiny_config.json` that names a model type. */
export async function readConfig(files: FileSet): Promise<Json | undefined> {
  for (const name of CONFIGS) {
    const config = await optional(files, name, MAX_CONFIG_BYTES);
    if (config) return config;
  }
  const configs: Json[] = [];
  for (const file of filesEnding(files, "config.json")) {
    if (OTHER_CONFIGS.includes(baseNameOf(file)) || file.size > MAX_CONFIG_BYTES) continue;
    const config = await readJson(file, MAX_CONFIG_BYTES);
    if (typeof config["model_type"] === "string") configs.push(config);
  }
  return configs.length === 1 ? configs[0] : undefined;
}

type Companions = Pick<ModelFiles, "tokenizerJson" | "tokenizerConfig" | "generationConfig" | "notes">;

export async function readCompanions(files: FileSet): Promise<Companions> {
  const tokenizerJson = await optional(files, "tokenizer.json", MAX_TOKENIZER_BYTES);
  const tokenizerConfig = await readTokenizerConfig(files);
  const generationConfig = await optional(files, "generation_config.json", MAX_CONFIG_BYTES);
  return {
    ...(tokenizerJson && { tokenizerJson }),
    ...(tokenizerConfig && { tokenizerConfig }),
    ...(generationConfig && { generationConfig }),
    notes: tokenizerJson ? [] : ["tokenizer.json not found: token ids only, or drop it here now."],
  };
}

/** With the chat template that stands in a file of its own, which comes before the one inside. */
async function readTokenizerConfig(files: FileSet): Promise<Json | undefined> {
  const config = await optional(files, "tokenizer_config.json", MAX_CONFIG_BYTES);
  const file = fileNamed(files, "chat_template.jinja");
  return file ? { ...config, chat_template: await readText(file, MAX_CONFIG_BYTES) } : config;
}

async function optional(files: FileSet, name: string, limitBytes: number): Promise<Json | undefined> {
  const file = fileNamed(files, name);
  return file && (await readJson(file, limitBytes));
}
