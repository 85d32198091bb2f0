/**
 * Text to token ids and back, from a `tokenizer.json`. The work is done by the tokenizers of
 * @xenova/transformers; this file puts one small interface around them, mends what they read differently from
 * the format (`tokenizerRules.ts`), and keeps them off the network.
 */
import { PreTrainedTokenizer } from "@xenova/transformers/src/tokenizers.js";
import type { TokenInfo } from "../../../protocol/api";
import { VitrineError } from "../../../protocol/errors";
import { bosRule, tokenText, type BosRule } from "./bosRule";
import { chatPrompter, type ChatPrompt } from "./chatTemplate/chatPrompt";
import type { Json } from "../bytes/json";
import { Sha256 } from "../bytes/sha256";
import { checkAddedTokens, checkModel } from "./tokenizerChecks";
import { rewriteDecoder, rewritePreTokenizer } from "./tokenizerRules";
import { tokensOfParts, type TextParts } from "./textParts";
import { tokenPieces, tokenTexts } from "./tokenTexts";

export interface Tokenizer extends BosRule {
  readonly vocabSize: number;
  /** SHA-256 of the tokens' spellings in order of id: equal where ids mean the same. */
  readonly vocabulary: string;
  readonly specialIds: ReadonlySet<number>;
  /** Of chat models: a message of the user as the model expects it, up to where its answer begins. */
  chat?(message: string): Promise<ChatPrompt>;
  /** Adds nothing but the BOS token, and that only if asked for. */
  encode(text: string, options: { readonly addBos: boolean }): number[];
  /** The tokens of the whole text, cut where its parts meet; BOS counts to the first part. */
  encodeParts(texts: readonly string[], options: { readonly addBos: boolean }): TextParts;
  /** As the text reads in the middle of another: without what a tokenizer puts before a text's beginning. */
  encodeInside(text: string): number[];
  /**
   * The text of the ids; special tokens are left out. They begin a text, unless `before` names the token ahead of them:
   * then a space at their start stays.
   */
  decode(ids: readonly number[], before?: number): string;
  /**
   * What each token adds. The first one begins a text, unless `before` names the token ahead of it (for
   * tokens that arrive one by one).
   */
  describe(ids: readonly number[], before?: number): TokenInfo[];
  /** The id of the one token that this text is, or that is spelled so in the vocabulary. */
  idOf(tokenText: string): number | undefined;
}

/** What is put before a text to read it as in the middle of one: something that does not grow together with it. */
const BEFORE = ["a", ".", "\n", "A", "1"];

/** A cleaned text would not be what the model sees. */
const AS_IT_IS = { skip_special_tokens: false, clean_up_tokenization_spaces: false };

export function createTokenizer(
  tokenizerJson: Json,
  tokenizerConfig: Json | undefined = {},
  modelConfig: Json | undefined = {},
): Tokenizer {
  const tokenizer = guarded(() => readTokenizer(tokenizerJson, tokenizerConfig, modelConfig));
  const { encode, encodeParts, encodeInside, decode, describe, idOf } = tokenizer;
  return {
    ...tokenizer,
    encode: (text, options) => guarded(() => encode(text, options)),
    encodeParts: (texts, options) => guarded(() => encodeParts(texts, options)),
    encodeInside: (text) => guarded(() => encodeInside(text)),
    decode: (ids, before) => guarded(() => decode(ids, before)),
    describe: (ids, before) => guarded(() => describe(ids, before)),
    idOf: (text) => guarded(() => idOf(text)),
  };
}

/** The library checks few of the values that it is given: what it trips over is the file's fault. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof VitrineError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `tokenizer.json cannot be used (${reason}); remove the file and type token ids instead.`;
    throw new VitrineError("Unsupported", message, { cause });
  }
}

function readTokenizer(tokenizerJson: Json, tokenizerConfig: Json, modelConfig: Json): Tokenizer {
  const model = checkModel(tokenizerJson["model"]);
  const added = checkAddedTokens(tokenizerJson["added_tokens"] ?? []);
  const decoder = rewriteDecoder(tokenizerJson["decoder"]);
  const unknown = unknownToken(model) ?? tokenText(tokenizerConfig["unk_token"]);
  const library = new PreTrainedTokenizer(
    {
      normalizer: tokenizerJson["normalizer"] ?? null,
      pre_tokenizer: rewritePreTokenizer(tokenizerJson["pre_tokenizer"]),
      model,
      // It would only add special tokens.
      post_processor: null,
      decoder,
      added_tokens: added,
    },
    {
      unk_token: unknown,
      eos_token: tokenText(tokenizerConfig["eos_token"]),
      remove_space: tokenizerConfig["remove_space"],
      do_lowercase_and_remove_accent: tokenizerConfig["do_lowercase_and_remove_accent"],
    },
  );

  const { vocab, tokens_to_ids: idBySpelling } = library.model;
  const specialIds = new Set(added.filter(({ special }) => special).map(({ id }) => id));
  const addedIds = new Set(added.map(({ id }) => id));
  const rule = bosRule(tokenizerJson, tokenizerConfig, modelConfig, (spelling) => idBySpelling.get(spelling));
  const unknownId = unknown === undefined ? undefined : idBySpelling.get(unknown);
  const chat = chatPrompter(tokenizerConfig, rule, (id) => vocab[id]);

  function encode(text: string, { addBos }: { readonly addBos: boolean }): number[] {
    const found = text === "" ? [] : library.encode(text, null, { add_special_tokens: false });
    const ids = found.filter((id) => id !== undefined);
    // BPE drops what it cannot spell; a word-level tokenizer has to have every word.
    if (ids.length < found.length && isWordLevel) {
      const word = text.split(/\s+/).find((part) => part !== "" && !idBySpelling.has(part)) ?? text;
      throw new VitrineError(
        "Unsupported",
        `This model does not know the word ${JSON.stringify(word)}; use its own words.`,
      );
    }
    if (!addBos) return ids;
    if (rule.bosId !== undefined) return [rule.bosId, ...ids];
    throw new VitrineError("Unsupported", "This model's tokenizer has no BOS token; switch BOS off.");
  }

  function decode(ids: readonly number[], before?: number): string {
    const isShown = (id: number) => vocab[id] !== undefined && !specialIds.has(id);
    const shown = ids.filter(isShown);
    if (shown.length === 0) return "";
    const alone = library.decode(shown, AS_IT_IS);
    if (before === undefined || !isShown(before)) return alone;
    const [head, whole] = [[before], [before, ...shown]].map((all) => library.decode(all, AS_IT_IS));
    // A character that both have a part of belongs to neither.
    return whole?.startsWith(head ?? "") ? whole.slice(head?.length) : alone;
  }

  const textSource = {
    decoder,
    spelling: (id: number) => vocab[id],
    isAdded: (id: number) => addedIds.has(id),
    isSpecial: (id: number) => specialIds.has(id),
    decode,
  };
  const textsOf = tokenTexts(textSource);
  const piecesOf = tokenPieces(textSource);

  const plain = (text: string) => encode(text, { addBos: false });
  const isWordLevel = model["type"] === "WordLevel";

  function encodeParts(texts: readonly string[], options: { readonly addBos: boolean }): TextParts {
    const { parts, moved } =
      isWordLevel && runTogether(texts)
        ? { parts: texts.map(plain), moved: [] }
        : tokensOfParts(texts, { encode: plain, pieces: (ids) => piecesOf(ids) });
    const [first = [], ...others] = parts;
    return { parts: [[...encode("", options), ...first], ...others], moved };
  }

  /** Words that the model knows, and knows no more where no space stands between the parts: they are words of their own. */
  function runTogether(texts: readonly string[]): boolean {
    const whole = texts.join("");
    const missing = (list: readonly string[]) =>
      list.flatMap((text) => text.split(/\s+/)).filter((word) => word !== "" && !idBySpelling.has(word))
        .length;
    return missing([whole]) > missing(texts);
  }

  function encodeInside(text: string): number[] {
    if (isWordLevel) return plain(text);
    const source = { encode: plain, pieces: (ids: readonly number[]) => piecesOf(ids) };
    for (const before of BEFORE) {
      const { parts, moved } = tokensOfParts([before, text], source);
      if (moved.length === 0 && !parts[0]?.includes(unknownId ?? -1)) return [...(parts[1] ?? [])];
    }
    return plain(text);
  }

  return {
    ...rule,
    vocabSize: vocab.length,
    vocabulary: hashOf(vocab),
    specialIds,
    ...(chat && { chat }),
    encode,
    encodeParts,
    encodeInside,
    decode,
    describe(ids, before) {
      const texts = textsOf(ids, before);
      return ids.map((id, i) => ({ id, text: texts[i] ?? "", special: specialIds.has(id) }));
    },
    idOf(text) {
      const found = text === "" ? [] : library.encode(text, null, { add_special_tokens: false });
      const [only] = found;
      const isOne = found.length === 1 && only !== undefined && (only !== unknownId || text === unknown);
      return isOne ? only : idBySpelling.get(text);
    },
  };
}

function hashOf(vocab: readonly (string | undefined)[]): string {
  return new Sha256().update(new TextEncoder().encode(JSON.stringify(vocab))).digest();
}

/** What unknown text becomes: named by its text, or, for Unigram, by its place. */
function unknownToken({ unk_token: text, unk_id: id, vocab }: Json): string | undefined {
  const piece: unknown = Array.isArray(vocab) && typeof id === "number" ? vocab[id] : undefined;
  return tokenText(Array.isArray(piece) ? piece[0] : text);
}
