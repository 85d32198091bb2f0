/**
 * A chain cut into its tokens, as texts: the pieces that read one by one as the tokens of the whole. Where a token has no
 * text of its own (half of a letter), it stays with its neighbours.
 */
import type { EngineApi } from "../../protocol/api";
import type { ChainText } from "../../protocol/chain";

export async function tokenCuts(
  engine: Pick<EngineApi, "tokenizeChain">,
  chain: ChainText,
): Promise<string[]> {
  // Every character is a part: one that gets tokens begins a piece.
  const characters = [...chain.steps.join("")];
  const { steps, moved = [] } = await engine.tokenizeChain({ ...chain, steps: characters });
  // A word's token counts to its first letter; the white space that it begins with is told as moved to there.
  const before = new Map(moved.flatMap(({ part, text, to }) => (to === "behind" ? [[part - 1, text]] : [])));
  const starts = steps.flatMap((ids, i) => (ids.length > 0 ? [i - [...(before.get(i) ?? "")].length] : []));
  const pieces = starts.map((start, i) =>
    characters.slice(i === 0 ? 0 : start, starts[i + 1] ?? characters.length).join(""),
  );
  return pieces.length > 0 || characters.length === 0 ? pieces : [characters.join("")];
}
