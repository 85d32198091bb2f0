/**
 * The value of chosen coalitions of chain steps: what a toggle, a leave-one-out or an early-answering curve
 * asks for.
 *
 *   1. coalitions that begin alike share their prefix (interp/coalitionTrie.ts)
 *   2. for each: log p of the reference answer in nats, teacher-forced, and the most probable first answer
 *      tokens
 */
import type { CoalitionResult, CoalitionsRequest } from "../../protocol/chain";
import type { Pauser } from "../../protocol/cancel";
import { CoalitionTrie } from "../interp/coalitionTrie";
import type { Model } from "../models/model";
import { MAX_TOP_K } from "../ops/score";

export async function evaluateCoalitions(
  model: Model,
  request: CoalitionsRequest,
  pauser: Pauser,
): Promise<{ results: CoalitionResult[]; evaluatedTokens: number }> {
  const topK = Math.min(request.topK, MAX_TOP_K, model.config.dVocab);
  const trie = new CoalitionTrie(model, { ...request, topK }, pauser);
  const results: CoalitionResult[] = [];
  for await (const block of trie.values()) {
    for (const { index, logProb, top } of block) results[index] = { logProb, top };
  }
  return { results, evaluatedTokens: trie.evaluatedTokens };
}
