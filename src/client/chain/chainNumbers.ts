/** Which tokens of a chain are numbers, and which numbers are the same: for taking a number away with all its repeats. */
import type { EngineApi } from "../../protocol/api";
import type { ChainTokens } from "../../protocol/chain";
import { insideTokens } from "../tokens/insideTokens";

const NUMBER = /\d+(?:[.,]\d+)*/g;

/** For each token of each part the number that it belongs to, by its texts; -1: none. Equal numbers share one. */
export function numbersOfTexts(parts: readonly (readonly string[])[]): number[][] {
  const known = new Map<string, number>();
  return parts.map((texts) => {
    const numbers = texts.map(() => -1);
    for (const match of texts.join("").matchAll(NUMBER)) {
      const [text] = match;
      const number = known.get(text) ?? known.size;
      known.set(text, number);
      const [from, to] = [match.index, match.index + text.length];
      let at = 0;
      texts.forEach((token, i) => {
        if (at < to && at + token.length > from && numbers[i] === -1) numbers[i] = number;
        at += token.length;
      });
    }
    return numbers;
  });
}

/** Of the steps, and last of the cue. */
export async function chainNumbers(
  engine: EngineApi,
  { steps, answerPrefix }: Pick<ChainTokens, "steps" | "answerPrefix">,
): Promise<number[][]> {
  const parts = [...steps, answerPrefix];
  const tokens = await Promise.all(parts.map((ids) => insideTokens(engine, ids)));
  return numbersOfTexts(tokens.map((list) => list.map(({ text }) => text)));
}
