/** Text to token ids, three ways: a text by itself, one that comes in parts, and one in the middle of another. */
import type { PreTrainedTokenizer } from "@xenova/transformers/src/tokenizers.js";
import { VitrineError } from "../../../protocol/errors";
import { tokensOfParts, type PartsSource, type TextParts } from "./textParts";

export interface TextEncodings {
  /** Adds nothing but the BOS token, and that only if asked for. */
  encode(text: string, options: { readonly addBos: boolean }): number[];
  /** The tokens of the whole text, cut where its parts meet; BOS counts to the first part. */
  encodeParts(texts: readonly string[], options: { readonly addBos: boolean }): TextParts;
  /** As the text reads in the middle of another: without what a tokenizer puts before a text's beginning. */
  encodeInside(text: string): number[];
}

export interface EncodingSource {
  readonly library: PreTrainedTokenizer;
  /** Its vocabulary is a list of words, parted by white space. */
  readonly isWordLevel: boolean;
  readonly bosId: number | undefined;
  /** The id that unknown text becomes. */
  readonly unknownId: number | undefined;
  readonly pieces: PartsSource["pieces"];
}

/** What is put before a text to read it as in the middle of one: something that does not grow together with it. */
const BEFORE = ["a", ".", "\n", "A", "1"];

export function textEncodings({
  library,
  isWordLevel,
  bosId,
  unknownId,
  pieces,
}: EncodingSource): TextEncodings {
  const isKnown = (word: string) => library.model.tokens_to_ids.has(word);
  const plain = (text: string) => {
    const found = libraryIds(library, text);
    const ids = found.filter((id) => id !== undefined);
    // BPE drops what it cannot spell; a word-level tokenizer has to have every word.
    if (ids.length < found.length && isWordLevel) refuseUnknownWord(text, isKnown);
    return ids;
  };
  const source: PartsSource = { encode: plain, pieces };

  function encode(text: string, { addBos }: { readonly addBos: boolean }): number[] {
    const ids = plain(text);
    if (!addBos) return ids;
    if (bosId !== undefined) return [bosId, ...ids];
    throw new VitrineError("Unsupported", "This model's tokenizer has no BOS token; switch BOS off.");
  }

  function encodeParts(texts: readonly string[], options: { readonly addBos: boolean }): TextParts {
    const { parts, moved } =
      isWordLevel && runTogether(texts, isKnown)
        ? { parts: texts.map(plain), moved: [] }
        : tokensOfParts(texts, source);
    const [first = [], ...others] = parts;
    return { parts: [[...encode("", options), ...first], ...others], moved };
  }

  function encodeInside(text: string): number[] {
    if (isWordLevel) return plain(text);
    for (const before of BEFORE) {
      const { parts, moved } = tokensOfParts([before, text], source);
      if (moved.length === 0 && !parts[0]?.includes(unknownId ?? -1)) return [...(parts[1] ?? [])];
    }
    return plain(text);
  }

  return { encode, encodeParts, encodeInside };
}

/** The ids that the library finds, without special tokens; undefined stands for a piece without one. */
export function libraryIds(library: PreTrainedTokenizer, text: string): (number | undefined)[] {
  return text === "" ? [] : library.encode(text, null, { add_special_tokens: false });
}

type IsKnown = (word: string) => boolean;

const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== "");

function refuseUnknownWord(text: string, isKnown: IsKnown): never {
  const word = wordsOf(text).find((part) => !isKnown(part)) ?? text;
  throw new VitrineError(
    "Unsupported",
    `This model does not know the word ${JSON.stringify(word)}; use its own words.`,
  );
}

/** Words that the model knows, and knows no more where no space stands between the parts: they are words of their own. */
function runTogether(texts: readonly string[], isKnown: IsKnown): boolean {
  const missing = (list: readonly string[]) => list.flatMap(wordsOf).filter((word) => !isKnown(word)).length;
  return missing([texts.join("")]) > missing(texts);
}
