/** The other prompt in this one's place: cut into prompt, steps, cue and answer where this one is. */
import type { TokenInfo } from "../../protocol/api";
import type { ChainText, ChainTokens } from "../../protocol/chain";
import { allTokens } from "../chain/tokenSteps";
import { textOf } from "./donor";

/** `parts`: this one's tokens. Where it is no chain, or has another number of tokens, everything is prompt. */
export function swapped(parts: ChainTokens | undefined, other: readonly TokenInfo[]): ChainText {
  if (!parts || other.length !== allTokens(parts).length)
    return { prompt: textOf(other), steps: [], answerPrefix: "", answer: "" };
  let at = 0;
  const cut = ({ length }: readonly number[]) => textOf(other, at, (at += length));
  const { prompt, steps, answerPrefix, answer } = parts;
  return {
    prompt: cut(prompt),
    steps: steps.map(cut),
    answerPrefix: cut(answerPrefix),
    answer: cut(answer),
  };
}
