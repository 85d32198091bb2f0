/** Ways to cut a chain anew; by hand it can be cut anywhere. */
import type { EngineApi } from "../../protocol/api";
import type { ChainText } from "../../protocol/chain";
import { splitLines, splitSteps } from "./splitSteps";
import { tokenCuts } from "./tokenCuts";

export const CUTS = ["sentences", "lines", "tokens"] as const;
export type Cut = (typeof CUTS)[number];

/** The texts of the steps that a cut makes; joined they read as the steps before. */
export async function cutChain(
  engine: Pick<EngineApi, "tokenizeChain">,
  chain: ChainText,
  cut: Cut,
): Promise<string[]> {
  const text = chain.steps.join("");
  if (cut === "tokens") return tokenCuts(engine, chain);
  return cut === "lines" ? splitLines(text) : splitSteps(text);
}
