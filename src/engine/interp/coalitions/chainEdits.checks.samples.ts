/** The trie under edits held against one row at a time: the same checks on the CPU device and on WebGPU. */
import { expect } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { AblationMode } from "../../../protocol/chain";
import type { Edit } from "../../../protocol/interventions";
import type { Model } from "../../models/model";
import { CoalitionTrie, type CoalitionValue } from "./coalitionTrie";
import { stepAblation, CHAIN, naiveAnswer, naiveTokens } from "./coalitionTrie.samples";

/** [coalition][sample], and how many tokens that took. */
export async function valuedUnder(
  model: Model,
  mode: AblationMode,
  edits: readonly Edit[],
  coalitions: readonly (readonly boolean[])[],
): Promise<CoalitionValue[][] & { evaluatedTokens: number }> {
  const request = { chain: CHAIN, ...stepAblation(mode), edits, tokenScores: true };
  const trie = await CoalitionTrie.open(model, request, coalitions.length, NEVER_CANCELLED);
  try {
    const values: CoalitionValue[][] = coalitions.map(() => []);
    for await (const block of trie.values(coalitions)) {
      for (const one of block) {
        const own = values[one.index];
        if (own) own[one.sample] = one;
      }
    }
    return Object.assign(values, { evaluatedTokens: trie.evaluatedTokens });
  } finally {
    trie.release();
  }
}

/** Nats by which numbers of the trie and of single rows may differ: f32 sums in another order. */
const WITHIN = 1e-4;

export async function expectAsNaive(
  model: Model,
  mode: AblationMode,
  edits: readonly Edit[],
  coalitions: readonly (readonly boolean[])[],
  /** Of how many coalitions every token is compared: a row for each part is slow. */
  tokensOf = 2,
): Promise<void> {
  const ablation = stepAblation(mode);
  const values = await valuedUnder(model, mode, edits, coalitions);
  for (const [i, present] of coalitions.entries()) {
    for (const [sample, own] of (values[i] ?? []).entries()) {
      const slow = await naiveAnswer(model, CHAIN, present, ablation, sample, CHAIN.answer, edits);
      const total = slow.logProbs.reduce((sum, one) => sum + one, 0);
      near(own.logProb, total, `coalition ${i}, sample ${sample}`);
      if (i >= tokensOf || sample > 0) continue;
      const tokens = await naiveTokens(model, CHAIN, present, ablation, sample, edits);
      expect(own.tokens?.length).toBe(tokens.length);
      tokens.forEach((value, t) =>
        near(own.tokens?.[t] ?? NaN, value, `coalition ${i}, sample ${sample}, token ${t}`),
      );
    }
  }
}

function near(fast: number, slow: number, where: string): void {
  if (!(Math.abs(fast - slow) < WITHIN)) expect(`${where}: ${fast}`).toBe(`${where}: ${slow}`);
}
