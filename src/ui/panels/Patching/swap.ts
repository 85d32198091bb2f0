/** The other prompt in this one's place: cut into prompt, steps, cue and answer where this one is. */
import type { TokenInfo } from "../../../protocol/api";
import type { ChainText } from "../../../protocol/chain";
import type { Session } from "../../session/session.svelte";
import { textOf } from "./donor";

/** Without a chain, or with another number of tokens, everything is prompt. */
export function swapped(
  { chain, tokens }: Pick<Session, "chain" | "tokens">,
  other: readonly TokenInfo[],
): ChainText {
  const plain = { prompt: textOf(other), steps: [], answerPrefix: "", answer: "" };
  const parts = [chain.prompt, ...chain.steps.map(({ text }) => text), chain.answerPrefix, chain.answer];
  if (chain.isEmpty || other.length !== tokens.length) return plain;
  const cut = cutLikewise(tokens, parts, other);
  if (!cut) return plain;
  const [prompt = "", ...rest] = cut;
  return { prompt, steps: rest.slice(0, -2), answerPrefix: rest.at(-2) ?? "", answer: rest.at(-1) ?? "" };
}

/** `parts` of the text of `tokens`, as the tokens of `other` at the same places write them. */
export function cutLikewise(
  tokens: readonly TokenInfo[],
  parts: readonly string[],
  other: readonly TokenInfo[],
): string[] | undefined {
  const result: string[] = [];
  let at = 0;
  for (const part of parts) {
    const first = at;
    let text = "";
    while (at < tokens.length && text.length < part.length) text += textOf(tokens, at, ++at);
    if (text.trim() !== part.trim()) return undefined;
    result.push(textOf(other, first, at));
  }
  return at === tokens.length ? result : undefined;
}
