/**
 * Byte-level tokenizers cut a text into words before they merge; a GGUF file says how by a name
 * (`tokenizer.ggml.pre`). The names and their expressions are those of llama.cpp (`llama-vocab.cpp`), which has
 * them from the tokenizer.json of each model; "contractions in any case" is spelled out, because JavaScript has
 * no such flag for a part of an expression.
 */
import type { Json } from "../bytes/json";

export interface PreTokenizer {
  readonly preTokenizer: Json;
  readonly normalizer?: Json;
  /** A whole word that is a token is one, whatever the merges say; and texts begin with BOS. */
  readonly ignoresMerges?: true;
}

const split = (regex: string): Json => ({
  type: "Split",
  pattern: { Regex: regex },
  behavior: "Isolated",
  invert: false,
});
const byteLevel = (usesRegex: boolean): Json => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: false,
  use_regex: usesRegex,
});
const sequence = (...pretokenizers: Json[]): Json => ({ type: "Sequence", pretokenizers });

const GPT2_WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const CONTRACTIONS = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
/** Llama 3's words, with as many digits to a word as `digits` says. */
const words = (digits: string) =>
  `${CONTRACTIONS}|` +
  "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
  `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${SPACES}`;

const [UPPER, LOWER] = ["[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"];
/** Mistral's Tekken: a word ends where lower case turns to upper case. */
const TEKKEN_WORDS =
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*|` +
  `\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`;

/** GPT-4o's: Tekken's, with contractions at their words and up to three digits. */
const GPT4O_WORDS =
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${CONTRACTIONS}?|` +
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${CONTRACTIONS}?|` +
  `\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`;

const GPT2: PreTokenizer = { preTokenizer: byteLevel(true) };
const SINGLE_DIGITS: PreTokenizer = {
  preTokenizer: sequence({ type: "Digits", individual_digits: true }, byteLevel(true)),
};
const LLAMA3: PreTokenizer = {
  preTokenizer: sequence(split(words("\\p{N}{1,3}")), byteLevel(false)),
  ignoresMerges: true,
};
/** Llama 3's words, merged as usual: OLMo 2, Phi 4. */
const DBRX: PreTokenizer = { preTokenizer: sequence(split(words("\\p{N}{1,3}")), byteLevel(false)) };
/** Phi-4-mini. */
const GPT4O: PreTokenizer = { preTokenizer: sequence(split(GPT4O_WORDS), byteLevel(false)) };
const QWEN2: PreTokenizer = {
  preTokenizer: sequence(split(words("\\p{N}")), byteLevel(false)),
  normalizer: { type: "NFC" },
};
const TEKKEN: PreTokenizer = {
  preTokenizer: sequence(split(TEKKEN_WORDS), byteLevel(false)),
  ignoresMerges: true,
};
const BLOOM: PreTokenizer = {
  preTokenizer: sequence(split(" ?[^(\\s|.,!?…。，、।۔،)]+"), byteLevel(false)),
};
const DEFAULT: PreTokenizer = {
  preTokenizer: sequence(
    split("[\\p{P}\\$\\+<=>\\^~\\|]+"),
    split(GPT2_WORDS),
    split("\\p{N}+"),
    split("[0-9][0-9][0-9]"),
    byteLevel(false),
  ),
};

export const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map([
  ...["gpt-2", "phi-2", "olmo", "mpt", "jais", "exaone4"].map((name) => [name, GPT2] as const),
  ...["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"].map(
    (name) => [name, SINGLE_DIGITS] as const,
  ),
  ...["llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral"].map((name) => [name, LLAMA3] as const),
  ...["qwen2", "deepseek-r1-qwen", "stablelm2", "megrez"].map((name) => [name, QWEN2] as const),
  ["dbrx", DBRX],
  ["gpt-4o", GPT4O],
  ["tekken", TEKKEN],
  ...["bloom", "gpt3-finnish"].map((name) => [name, BLOOM] as const),
  ["default", DEFAULT],
]);

/** What files from before the field existed have, by their architecture. */
const UNNAMED: Readonly<Record<string, string>> = {
  gpt2: "gpt-2",
  gptneox: "gpt-2",
  bloom: "bloom",
  starcoder: "starcoder",
  phi2: "gpt-2",
  qwen2: "qwen2",
  qwen3: "qwen2",
  starcoder2: "starcoder",
};

/** The name to use for a file, and a note if it is not the file's own. */
export function preTokenizerOf(name: unknown, architecture: unknown): PreTokenizer & { note?: string } {
  const found = typeof name === "string" ? PRE_TOKENIZERS.get(name) : undefined;
  if (found) return found;
  const chosen = name === undefined ? (UNNAMED[String(architecture)] ?? "default") : "default";
  const shown = name === undefined ? "is missing" : `is ${JSON.stringify(name)}, which is not known`;
  return {
    ...(PRE_TOKENIZERS.get(chosen) ?? DEFAULT),
    note: `tokenizer.ggml.pre ${shown}: texts are cut into words as "${chosen}" does, which may not be this model's way.`,
  };
}
