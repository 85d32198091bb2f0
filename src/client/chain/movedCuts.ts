/** Where parts of the chain meet inside one token: in words. */
import type { MovedCut } from "../../protocol/chain";
import { tokenLabel } from "../tokens/tokenText";

/** Sentences that are shown before the rest is only counted. */
const MOST_SENTENCES = 3;

/** `steps`: how many steps the chain has. */
export function movedWords(moved: readonly MovedCut[], steps: number): string[] {
  const name = (part: number) =>
    part <= 0 ? "the prompt" : part <= steps ? `step ${part}` : part === steps + 1 ? "the cue" : "the answer";
  const sentence = ({ part, text, to }: MovedCut) => {
    const here = name(part);
    const begins = `${here[0]?.toUpperCase()}${here.slice(1)} begins inside a token`;
    const counts = `“${tokenLabel(text)}” counts to ${name(to === "before" ? part - 1 : part)}`;
    return `${begins}: ${counts}${to === "before" ? "" : ", not to what stands before it"}.`;
  };
  const more = moved.length - MOST_SENTENCES;
  const sentences = moved.slice(0, MOST_SENTENCES).map(sentence);
  return more > 0
    ? [...sentences, `So it is at ${more} more ${more === 1 ? "place" : "places"}.`]
    : sentences;
}
