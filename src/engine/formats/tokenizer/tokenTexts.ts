/**
 * The exact text that each token adds, so that the token strip shows what the model sees. Decoding tokens one
 * by one would not do: spaces are stripped at the start of a text, and a character may span several tokens.
 */
import { isJsonObject, type Json } from "../bytes/json";
import { bytesOfToken, textOfBytes } from "./tokenBytes";

export interface TextSource {
  readonly decoder: Json | null;
  /** The vocabulary's spelling. */
  spelling(id: number): string | undefined;
  /** Added tokens are spelled as they are. */
  isAdded(id: number): boolean;
  isSpecial(id: number): boolean;
  /** The library's decoder, for decoders that have no rule here. */
  decode(ids: readonly number[]): string;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** One token's text, or its bytes; `previous` is the nearest token before it that is not special, if any. */
type TextRule = (id: number, spelling: string, previous: number | undefined) => string | Bytes;

/** The texts of tokens; `before` is the token ahead of them, when they continue a text. */
export function tokenTexts(source: TextSource): (ids: readonly number[], before?: number) => string[] {
  const pieces = tokenPieces(source);
  return (ids, before) =>
    pieces(ids, before).map((piece) => (typeof piece === "string" ? piece : textOfBytes(piece)));
}

/** The same with bytes where a token is bytes: those of one character may be several tokens. */
export function tokenPieces(
  source: TextSource,
): (ids: readonly number[], before?: number) => (string | Bytes)[] {
  const rule = ruleFor(source);
  return (ids, before) => {
    let previous = before !== undefined && !source.isSpecial(before) ? before : undefined;
    return ids.map((id) => {
      const spelling = source.spelling(id);
      // A model may have more rows than its tokenizer has tokens.
      if (spelling === undefined) return `[${id}]`;
      if (source.isSpecial(id)) return spelling;
      const text = rule(id, spelling, previous);
      previous = id;
      return text;
    });
  };
}

function ruleFor({ decoder, isAdded, decode }: TextSource): TextRule {
  const parts = decoder === null ? [] : flatten(decoder);
  const has = (type: string) => parts.some((part) => part["type"] === type);
  if (decoder === null)
    return (_, spelling, previous) => (previous === undefined ? spelling : ` ${spelling}`);
  if (has("ByteLevel")) {
    return (id, spelling) => {
      const bytes = isAdded(id) ? undefined : bytesOfToken(spelling);
      return bytes ?? spelling;
    };
  }
  const mark = spaceMark(parts);
  if (mark !== undefined) {
    const stripped = leadingSpaces(parts);
    return (_, spelling, previous) => {
      const byte = has("ByteFallback") ? /^<0x([0-9A-F]{2})>$/i.exec(spelling)?.[1] : undefined;
      if (byte !== undefined) return Uint8Array.of(parseInt(byte, 16));
      const text = spelling.replaceAll(mark, " ");
      if (previous !== undefined) return text;
      return text.slice(Math.min(stripped, text.length - text.trimStart().length));
    };
  }
  // What a token adds to the one before it.
  return (id, _, previous) =>
    previous === undefined ? decode([id]) : decode([previous, id]).slice(decode([previous]).length);
}

function flatten(decoder: Json): Json[] {
  const { decoders } = decoder;
  return Array.isArray(decoders) ? decoders.filter(isJsonObject).flatMap(flatten) : [decoder];
}

/** The character that stands for a space, if the decoder only replaces one. */
function spaceMark(parts: readonly Json[]): string | undefined {
  for (const { type, replacement, pattern, content } of parts) {
    if (type === "Metaspace" && typeof replacement === "string") return replacement;
    const text = isJsonObject(pattern) ? pattern["String"] : undefined;
    if (type === "Replace" && content === " " && typeof text === "string") return text;
  }
  return undefined;
}

/** How many spaces the decoder takes off the start of a text. */
function leadingSpaces(parts: readonly Json[]): number {
  let count = 0;
  for (const { type, add_prefix_space: prefix, content, start } of parts) {
    if (type === "Metaspace" && prefix === true) count += 1;
    if (type === "Strip" && content === " " && typeof start === "number") count += start;
  }
  return count;
}
