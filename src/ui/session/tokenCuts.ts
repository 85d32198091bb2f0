/**
 * A chain cut into its tokens, as texts: the smallest pieces that read one by one as the same tokens. Where a token has
 * no text of its own (half of a letter), or reads differently alone, it stays with its neighbours.
 */
import type { EngineApi } from "../../protocol/api";
import { insideTokens } from "../../protocol/insideTokens";

/** Tokens that are tried together before a cut is given up. */
const MOST_TOGETHER = 8;

export async function tokenCuts(
  engine: Pick<EngineApi, "tokenize" | "describeTokens">,
  text: string,
): Promise<string[]> {
  const ids = (await engine.tokenize(text, false)).map(({ id }) => id);
  const texts = (await insideTokens(engine, ids)).map((token) => token.text);
  if (texts.join("") !== text) return [text];
  const pieces: string[] = [];
  for (let at = 0; at < ids.length;) {
    const count = await smallest(engine, ids.slice(at, at + MOST_TOGETHER), texts.slice(at));
    const taken = count ?? ids.length - at;
    pieces.push(texts.slice(at, at + taken).join(""));
    at += taken;
  }
  return pieces;
}

/** How many of the next tokens stand alone together; undefined where none of the tries does. */
async function smallest(
  engine: Pick<EngineApi, "tokenize">,
  ids: readonly number[],
  texts: readonly string[],
): Promise<number | undefined> {
  for (let count = 1; count <= ids.length; count++) {
    const alone = await engine.tokenize(texts.slice(0, count).join(""), false);
    if (alone.length === count && alone.every(({ id }, i) => id === ids[i])) return count;
  }
  return undefined;
}
