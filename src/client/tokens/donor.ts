/**
 * A second prompt to patch from, when the visitor names none: the same tokens with one number changed to another, so
 * that both prompts have the same length and differ in one place.
 */
import type { TokenInfo } from "../../protocol/api";

export interface Donor {
  readonly tokens: readonly TokenInfo[];
  /** Where it differs from the prompt, if it was made from it. */
  readonly changed?: { readonly position: number; readonly from: string; readonly to: string };
}

/** How many numbers, from the one that is nearest to where the metric is read, are tried. */
export const MAX_CANDIDATES = 12;

const NUMBER = /^(\s*)(\d+)$/;

/**
 * Copies of the prompt with one number up to `position` changed, the latest number first. A number becomes the next
 * larger one that is a single token (`vocabulary`: tokens that may stand in), else the next smaller.
 */
export function donorCandidates(
  prompt: readonly TokenInfo[],
  position: number,
  vocabulary: readonly TokenInfo[],
): Donor[] {
  const numbers = new Map<string, { value: number; token: TokenInfo }[]>();
  for (const token of [...vocabulary, ...prompt]) {
    const [, space = "", digits] = NUMBER.exec(token.text) ?? [];
    if (digits === undefined) continue;
    const list = numbers.get(space) ?? [];
    numbers.set(space, list);
    const value = Number(digits);
    if (!list.some((known) => known.value === value)) list.push({ value, token });
  }
  for (const list of numbers.values()) list.sort((a, b) => a.value - b.value);

  const candidates: Donor[] = [];
  for (let at = Math.min(position, prompt.length - 1); at >= 0; at--) {
    const old = prompt[at];
    const [, space = "", digits] = (old && NUMBER.exec(old.text)) ?? [];
    if (!old || digits === undefined) continue;
    const list = numbers.get(space) ?? [];
    const index = list.findIndex(({ value }) => value === Number(digits));
    const { token } = list[index + 1] ?? list[index - 1] ?? {};
    if (!token) continue;
    candidates.push({
      tokens: prompt.map((same, i) => (i === at ? token : same)),
      changed: { position: at, from: old.text.trim(), to: token.text.trim() },
    });
    if (candidates.length === MAX_CANDIDATES) break;
  }
  return candidates;
}

/** Texts whose tokens are tried as replacements. */
export const NUMBERS_TEXT = Array.from({ length: 21 }, (_, n) => ` ${n}`).join("");

/** The text that these tokens write (of them: from `first` to before `end`); a BOS at the start is the tokenizer's affair. */
export function textOf(tokens: readonly TokenInfo[], first = 0, end = tokens.length): string {
  return tokens
    .slice(first, end)
    .map(({ text, special }, i) => (special && first + i === 0 ? "" : text))
    .join("");
}

/** What a metric compares by default: the other run's first token with this one's, or this one's first two. */
export function suggestedTokens(
  [first, second]: readonly TokenInfo[],
  others: readonly TokenInfo[] | undefined,
): { readonly target: TokenInfo | undefined; readonly minus: TokenInfo | undefined } {
  const other = others?.[0];
  if (other && first && other.id !== first.id) return { target: other, minus: first };
  return { target: first, minus: second };
}
