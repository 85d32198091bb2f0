/**
 * The small files beside a model's weights, whatever container those are in: its config, tokenizer and defaults.
 * Every layout that is a folder has the same ones.
 */
import { messageOf } from "../../../protocol/errors";
import { readJson, readText, type Json } from "../bytes/json";
import type { ModelFiles } from "../storedModel";
import { baseNameOf, fileFromBytes, fileNamed, filesEnding, withFiles, type FileSet } from "../bytes/source";

const MAX_CONFIG_BYTES = 4_000_000;
/** Tokenizers of 250 k entries with merges stay below. */
const MAX_TOKENIZER_BYTES = 100_000_000;
/** Configs that are not the model's. */
const OTHER_CONFIGS = [
  "vitrine.config.json",
  "tokenizer_config.json",
  "generation_config.json",
  "preprocessor_config.json",
];
/** The second is TransformerLens's. */
const CONFIGS = ["config.json", "cfg.json"];

/** Fields of the config that somebody said; they come before those of files. Kept models have it beside their weights. */
export const GIVEN_CONFIG = "vitrine.config.json";

/** What files beside the weights say, and before it what somebody said. */
export async function readConfig(files: FileSet): Promise<Json | undefined> {
  const [given, config] = [await readGivenConfig(files), await configOf(files)];
  return given ? { ...config, ...given } : config;
}

export const readGivenConfig = (files: FileSet) => optional(files, GIVEN_CONFIG, MAX_CONFIG_BYTES);

/** The files, with fields that somebody says now; they come before what was said earlier. */
export async function withGivenConfig(files: FileSet, fields: Json | undefined): Promise<FileSet> {
  if (!fields || Object.keys(fields).length === 0) return files;
  const config = { ...(await readGivenConfig(files)), ...fields };
  const bytes = new TextEncoder().encode(JSON.stringify(config));
  return withFiles(files, [fileFromBytes(GIVEN_CONFIG, bytes)]);
}

const WEIGHTS = /\.(safetensors|gguf|bin|pth?|ckpt|npz)$/i;

/** Deeper folders with weights of their own, as autoencoders have, are not the model's: neither are their configs. */
function withoutInnerModels(files: FileSet): FileSet {
  const folderOf = ({ name }: { readonly name: string }) => name.slice(0, name.lastIndexOf("/") + 1);
  const depthOf = (folder: string) => folder.split("/").length;
  const withWeights = new Set(files.filter(({ name }) => WEIGHTS.test(name)).map(folderOf));
  const own = Math.min(...[...withWeights].map(depthOf));
  return files.filter((file) => !withWeights.has(folderOf(file)) || depthOf(folderOf(file)) <= own);
}

/** config.json, or else the only file such as `tiny_config.json` that names a model type. */
async function configOf(all: FileSet): Promise<Json | undefined> {
  const files = withoutInnerModels(all);
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

export async function readTokenizerFiles(files: FileSet): Promise<Companions> {
  const generationConfig = await optional(files, "generation_config.json", MAX_CONFIG_BYTES);
  return { ...(await readTokenizer(files)), ...(generationConfig && { generationConfig }) };
}

async function readTokenizer(files: FileSet): Promise<Omit<Companions, "generationConfig">> {
  const tokenizerConfig = await readTokenizerConfig(files);
  const tokenizerJson = await optional(files, "tokenizer.json", MAX_TOKENIZER_BYTES);
  const config = tokenizerConfig && { tokenizerConfig };
  if (tokenizerJson) return { tokenizerJson, ...config, notes: [] };
  try {
    const older = await readGpt2Vocabulary(files, tokenizerConfig);
    if (older) return { ...older, notes: [] };
  } catch (error) {
    // The model runs without a tokenizer: what is wrong with it is said beside.
    return { ...config, notes: [messageOf(error)] };
  }
  const pair = ["vocab.json", "merges.txt"] as const;
  const there = pair.find((name) => fileNamed(files, name));
  const half = there && `${there} is there without ${pair.find((name) => name !== there)}: drop both. `;
  return {
    ...config,
    notes: [`${half ?? ""}tokenizer.json not found: token ids only, or drop it here now.`],
  };
}

/** GPT-2's own two files, and what stands beside them. */
async function readGpt2Vocabulary(files: FileSet, tokenizerConfig: Json | undefined) {
  const vocab = await optional(files, "vocab.json", MAX_TOKENIZER_BYTES);
  const merges = fileNamed(files, "merges.txt");
  if (!vocab || !merges) return undefined;
  const { gpt2Tokenizer } = await import("./gpt2Vocabulary");
  return gpt2Tokenizer({
    vocab,
    merges: await readText(merges, MAX_TOKENIZER_BYTES),
    addedTokens: await optional(files, "added_tokens.json", MAX_CONFIG_BYTES),
    specialTokens: await optional(files, "special_tokens_map.json", MAX_CONFIG_BYTES),
    tokenizerConfig,
  });
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
