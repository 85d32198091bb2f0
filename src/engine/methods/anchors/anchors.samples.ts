/** What tests of thought anchors share: a chain for the small random model, and texts that are ids. */
import type { RolloutsRequest } from "../../../protocol/anchors";
import type { ChainTokens } from "../../../protocol/chain";

export const CHAIN: ChainTokens = {
  prompt: [0, 3, 7],
  steps: [
    [1, 4, 2],
    [5, 2],
    [6, 1, 8, 2],
    [3, 2],
  ],
  answerPrefix: [9, 1],
  answer: [4],
};
export const IDS = { text: (ids: readonly number[]) => ids.map((id) => ` ${id}`).join("") };
export const ASKED: RolloutsRequest = {
  ...{ chain: CHAIN, rollouts: 6, temperature: 0.6, topP: 0.95, seed: 7, maxTokens: 12, layer: 1 },
};
