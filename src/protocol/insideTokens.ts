/** Tokens by their ids, each as in the middle of a text: at its start some lose their space. */
import type { EngineApi, TokenInfo } from "./api";

export async function insideTokens(
  engine: Pick<EngineApi, "describeTokens">,
  ids: readonly number[],
): Promise<readonly TokenInfo[]> {
  const [first] = ids;
  return first === undefined ? [] : (await engine.describeTokens([first, ...ids])).slice(1);
}
