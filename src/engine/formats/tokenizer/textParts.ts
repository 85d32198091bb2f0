/**
 * A text that comes in parts, as the tokens of the whole: it is encoded once and then cut, because a part that is encoded
 * by itself may read differently (many tokenizers put a space before whatever they are given).
 *
 *   1. the library tells no offsets, so each token's bytes are laid along the text's own. Where all of them fit, every
 *      cut is known exactly
 *   2. where some don't (unknown words, lower case, white space that is dropped), a cut is where the text before it,
 *      encoded by itself, is the beginning of the whole
 *   3. a cut inside a token moves to the token's edge: the token counts to the part that its first character stands in,
 *      white space aside
 */
import type { MovedCut } from "../../../protocol/chain";

export interface PartsSource {
  /** Without BOS. */
  encode(text: string): readonly number[];
  /** What each token adds to a text that begins with them: text, or the bytes of a part of a character. */
  pieces(ids: readonly number[]): readonly (string | Uint8Array)[];
}

export interface TextParts {
  /** One list for each part; joined they are the tokens of the whole text. */
  readonly parts: readonly (readonly number[])[];
  /** Cuts that lay inside a token, by the part that begins there. */
  readonly moved: readonly MovedCut[];
}

/** A cut: before this token. `at`: where in the text it is then, in UTF-16 units. */
interface Cut {
  readonly token: number;
  readonly at: number;
}

/** Characters behind a cut among which the end of its token is looked for. */
const FARTHEST = 64;

export function tokensOfParts(texts: readonly string[], source: PartsSource): TextParts {
  const whole = texts.join("");
  const ids = source.encode(whole);
  const find = exactCuts(whole, ids, source) ?? cutsByPrefix(whole, ids, source);
  const parts: (readonly number[])[] = [];
  const moved: MovedCut[] = [];
  let [from, wanted] = [0, 0];
  texts.forEach((text, part) => {
    wanted += text.length;
    // What stands at the end is the last part's, also where the tokenizer says nothing about it.
    const isLast = part === texts.length - 1;
    const cut = isLast ? { token: ids.length, at: whole.length } : find(wanted);
    const token = Math.max(from, cut.token);
    parts.push(ids.slice(from, token));
    from = token;
    if (isLast || cut.at === wanted || text === "") return;
    moved.push({
      part: part + 1,
      text: whole.slice(Math.min(cut.at, wanted), Math.max(cut.at, wanted)),
      to: cut.at > wanted ? "before" : "behind",
    });
  });
  return { parts, moved };
}

const utf8 = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** Whether the two halves of one character lie on either side. */
const isInPair = (text: string, at: number) =>
  /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(Math.max(0, at - 1), at + 1));
const SPACE = 0x20;
const isSpace = (byte: number | undefined) =>
  byte === SPACE || (byte !== undefined && byte >= 9 && byte <= 13);

/** Cuts by the bytes of the tokens; undefined unless they are those of the text, in order. */
function exactCuts(
  text: string,
  ids: readonly number[],
  { pieces }: PartsSource,
): ((at: number) => Cut) | undefined {
  const bytes = utf8.encode(text);
  /** Where each token begins, in bytes; and the end. */
  const starts: number[] = [0];
  let end = 0;
  for (const piece of pieces(ids)) {
    const own = typeof piece === "string" ? utf8.encode(piece) : piece;
    // A space that the tokenizer put there is not in the text.
    const added = fits(bytes, end, own) ? 0 : own[0] === SPACE && fits(bytes, end, own.subarray(1)) ? 1 : NaN;
    if (Number.isNaN(added)) return undefined;
    end += own.length - added;
    starts.push(end);
  }
  if (end !== bytes.length) return undefined;
  const unitsAt = (byte: number) => decoder.decode(bytes.subarray(0, byte)).length;
  return (at) => {
    const units = isInPair(text, at) ? at + 1 : at;
    const wanted = utf8.encode(text.slice(0, units)).length;
    const next = firstFrom(starts, wanted);
    if (starts[next] === wanted) return { token: next, at: units };
    // The token before it goes across the cut.
    let word = starts[next - 1] ?? 0;
    while (isSpace(bytes[word])) word++;
    const token = word >= wanted ? next - 1 : next;
    return { token, at: unitsAt(starts[token] ?? 0) };
  };
}

const fits = (bytes: Uint8Array, at: number, own: Uint8Array) =>
  own.every((byte, i) => bytes[at + i] === byte);

/** Index of the first of these rising numbers that is not below `wanted`. */
function firstFrom(values: readonly number[], wanted: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Cuts by what the text before them is by itself. */
function cutsByPrefix(text: string, ids: readonly number[], { encode }: PartsSource): (at: number) => Cut {
  const known = new Map<number, readonly number[]>();
  const prefix = (at: number) => {
    const own = known.get(at) ?? encode(text.slice(0, at));
    known.set(at, own);
    return own;
  };
  const shared = (own: readonly number[]) => {
    const differs = own.findIndex((id, i) => id !== ids[i]);
    return differs < 0 ? own.length : differs;
  };
  /** How many tokens end there; undefined if none does. */
  const endsAt = (at: number) => (shared(prefix(at)) === prefix(at).length ? prefix(at).length : undefined);
  const isSpaceAt = (at: number) => /\s/.test(text[at] ?? " ");
  return (wanted) => {
    let [token, at] = [endsAt(wanted), wanted];
    if (token === undefined) {
      // White space before a word may be the word's.
      for (let back = wanted; token === undefined && back > 0 && isSpaceAt(back - 1);) {
        token = endsAt(--back);
        at = back;
      }
      if (token !== undefined) return { token, at };
      for (at = wanted; token === undefined && at < Math.min(text.length, wanted + FARTHEST);)
        token = endsAt(++at);
      if (token === undefined) return { token: shared(prefix(wanted)), at: wanted };
    }
    // A token for unknown text may go on behind the cut without another id.
    const isInWord = !isSpaceAt(at - 1) && !isSpaceAt(at);
    while (isInWord && token > 0 && at < text.length && !isSpaceAt(at) && endsAt(at + 1) === token) at++;
    return { token, at };
  };
}
