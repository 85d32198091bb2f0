/** Where a position of a run stands in the strip, which shows the whole chain with all its steps. */
import type { ChainTokens } from "../../../protocol/chain";
import type { AblatedRow } from "../../../client/chain/ablatedRow";

export function stripPosition(chain: ChainTokens, { spans }: AblatedRow, position: number): number {
  const lengths = [chain.prompt.length, ...chain.steps.map((step) => step.length), chain.answerPrefix.length];
  let start = 0;
  for (const [i, { first, end }] of spans.entries()) {
    if (position >= first && position < end) return start + position - first;
    start += lengths[i] ?? 0;
  }
  return start + position - (spans.at(-1)?.end ?? 0);
}
