/**
 * A tokenizer from `vocab.json` and `merges.txt`, as GPT-2 and its kin had before `tokenizer.json` held everything: byte-level
 * BPE, with the added and special tokens that stand in files of their own.
 */
import { VitrineError } from "../../../protocol/errors";
import { tokenText } from "./bosRule";
import { isJsonObject, type Json } from "../bytes/json";
import { PRE_TOKENIZERS } from "./preTokenizers";
import { bytesOfToken } from "./tokenBytes";

export interface Gpt2Vocabulary {
  /** Ids by spelling. */
  readonly vocab: Json;
  /** One merge a line, two spellings parted by a space; a first line "#version: …". */
  readonly merges: string;
  /** added_tokens.json: ids by text. */
  readonly addedTokens?: Json | undefined;
  /** special_tokens_map.json: texts by what they are for. */
  readonly specialTokens?: Json | undefined;
  readonly tokenizerConfig?: Json | undefined;
}

interface TokenizerParts {
  readonly tokenizerJson: Json;
  readonly tokenizerConfig: Json;
}

/** What GPT-2's own code has where no file names a special token. */
const END_OF_TEXT = "<|endoftext|>";

export function gpt2Tokenizer(files: Gpt2Vocabulary): TokenizerParts {
  const { vocab, tokenizerConfig = {}, specialTokens = {} } = files;
  checkSpelling(vocab);
  const config = { ...defaults(vocab), ...specialTokens, ...tokenizerConfig };
  const isQwen = String(config["tokenizer_class"]).startsWith("Qwen2");
  const { preTokenizer, normalizer } = PRE_TOKENIZERS.get(isQwen ? "qwen2" : "gpt-2") ?? {};
  const byteLevel = {
    ...{ type: "ByteLevel", add_prefix_space: config["add_prefix_space"] === true, trim_offsets: true },
    use_regex: true,
  };
  return {
    tokenizerConfig: config,
    tokenizerJson: {
      added_tokens: addedTokens(files, config),
      normalizer: normalizer ?? null,
      pre_tokenizer: isQwen ? preTokenizer : byteLevel,
      post_processor: null,
      decoder: byteLevel,
      model: { type: "BPE", unk_token: null, vocab, merges: mergesOf(files.merges) },
    },
  };
}

function defaults(vocab: Json): Json {
  return END_OF_TEXT in vocab
    ? { bos_token: END_OF_TEXT, eos_token: END_OF_TEXT, unk_token: END_OF_TEXT }
    : {};
}

/** Other tokenizers keep the same two files, with spellings of another kind ("low</w>"). */
function checkSpelling(vocab: Json): void {
  const spellings = Object.keys(vocab);
  const odd = spellings.find((spelling) => spelling.endsWith("</w>") || spelling.endsWith("@@"));
  const isByteLevel = spellings.some((spelling) => [..."ĠĊ"].some((char) => spelling.includes(char)));
  const bytes = spellings.filter((spelling) => bytesOfToken(spelling)?.length === 1).length;
  if (odd === undefined && isByteLevel && bytes > 0) return;
  const seen = odd === undefined ? "no byte-level spelling such as “Ġthe”" : `the spelling “${odd}”`;
  throw new VitrineError(
    "Unsupported",
    `vocab.json has ${seen}, so it is not GPT-2’s kind of tokenizer; save it as tokenizer.json, or type token ids.`,
  );
}

function mergesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  return lines.filter((line, i) => line.trim() !== "" && !(i === 0 && line.startsWith("#version")));
}

/** Tokens that are never cut, with their ids; those that have a use of their own are special. */
function addedTokens({ vocab, addedTokens: added = {} }: Gpt2Vocabulary, config: Json): Json[] {
  const special = new Set(
    Object.entries(config).flatMap(([name, value]) => {
      const isList = name === "additional_special_tokens" && Array.isArray(value);
      const texts = isList ? value.map(tokenText) : name.endsWith("_token") ? [tokenText(value)] : [];
      return texts.filter((text) => text !== undefined);
    }),
  );
  const decoder = isJsonObject(config["added_tokens_decoder"]) ? config["added_tokens_decoder"] : {};
  const found = new Map<string, Json>();
  const put = (content: string, id: unknown, flags: Json = {}) => {
    if (content === "" || typeof id !== "number") return;
    found.set(content, { special: special.has(content), ...flags, id, content });
  };
  for (const [content, id] of Object.entries(added)) put(content, id);
  for (const content of special) put(content, found.get(content)?.["id"] ?? vocab[content]);
  for (const [id, token] of Object.entries(decoder)) {
    const content = tokenText(token);
    if (content !== undefined && isJsonObject(token)) put(content, Number(id), token);
  }
  return [...found.values()];
}
