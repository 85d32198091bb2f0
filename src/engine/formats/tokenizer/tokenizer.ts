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
import { libraryIds, textEncodings, type TextEncodings } from "./textEncodings";
import { tokenPieces, tokenTexts, type TextSource } from "./tokenTexts";

export interface Tokenizer extends BosRule, TextEncodings {
  readonly vocabSize: number;
  /** SHA-256 of the tokens' spellings in order of id: equal where ids mean the same. */
  readonly vocabulary: string;
  readonly specialIds: ReadonlySet<number>;
  /** Of chat models: a message of the user as the model expects it, up to where its answer begins. */
  chat?(message: string): Promise<ChatPrompt>;
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
  const library = libraryTokenizer(tokenizerJson, tokenizerConfig, { model, added, decoder, unknown });

  const { vocab, tokens_to_ids: idBySpelling } = library.model;
  const specialIds = new Set(added.filter(({ special }) => special).map(({ id }) => id));
  const addedIds = new Set(added.map(({ id }) => id));
  const rule = bosRule(tokenizerJson, tokenizerConfig, modelConfig, (spelling) => idBySpelling.get(spelling));
  const unknownId = unknown === undefined ? undefined : idBySpelling.get(unknown);
  const chat = chatPrompter(tokenizerConfig, rule, (id) => vocab[id]);

  const decode = decodeWithout(specialIds, library);
  const textSource: TextSource = {
    decoder,
    spelling: (id) => vocab[id],
    isAdded: (id) => addedIds.has(id),
    isSpecial: (id) => specialIds.has(id),
    decode,
  };
  const textsOf = tokenTexts(textSource);
  const piecesOf = tokenPieces(textSource);
  const isWordLevel = model["type"] === "WordLevel";

  return {
    ...rule,
    vocabSize: vocab.length,
    vocabulary: hashOf(vocab),
    specialIds,
    ...(chat && { chat }),
    ...textEncodings({ library, isWordLevel, bosId: rule.bosId, unknownId, pieces: (ids) => piecesOf(ids) }),
    decode,
    describe(ids, before) {
      const texts = textsOf(ids, before);
      return ids.map((id, i) => ({ id, text: texts[i] ?? "", special: specialIds.has(id) }));
    },
    idOf(text) {
      const found = libraryIds(library, text);
      const [only] = found;
      const isOne = found.length === 1 && only !== undefined && (only !== unknownId || text === unknown);
      return isOne ? only : idBySpelling.get(text);
    },
  };
}

interface CheckedParts {
  readonly model: Json;
  readonly added: readonly object[];
  readonly decoder: Json | null;
  readonly unknown: string | undefined;
}

/** The library's tokenizer of a file whose parts were checked. */
function libraryTokenizer(
  tokenizerJson: Json,
  tokenizerConfig: Json,
  { model, added, decoder, unknown }: CheckedParts,
): PreTrainedTokenizer {
  return new PreTrainedTokenizer(
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
}

/** The text of ids without special tokens; see `Tokenizer.decode`. */
function decodeWithout(specialIds: ReadonlySet<number>, library: PreTrainedTokenizer): Tokenizer["decode"] {
  const { vocab } = library.model;
  const isShown = (id: number) => vocab[id] !== undefined && !specialIds.has(id);
  return (ids, before) => {
    const shown = ids.filter(isShown);
    if (shown.length === 0) return "";
    const alone = library.decode(shown, AS_IT_IS);
    if (before === undefined || !isShown(before)) return alone;
    const [head, whole] = [[before], [before, ...shown]].map((all) => library.decode(all, AS_IT_IS));
    // A character that both have a part of belongs to neither.
    return whole?.startsWith(head ?? "") ? whole.slice(head?.length) : alone;
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
