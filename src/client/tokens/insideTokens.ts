/** Tokens by their ids, each as in the middle of a text: at its start some lose their space. */
import type { EngineApi, TokenInfo } from "../../protocol/api";

export async function insideTokens(
  engine: Pick<EngineApi, "describeTokens">,
  ids: readonly number[],
): Promise<readonly TokenInfo[]> {
  // Behind the same tokens: special ones leave the next token at the beginning, so one of them would not do.
  return ids.length === 0 ? [] : (await engine.describeTokens([...ids, ...ids])).slice(ids.length);
}
