/**
 * Exact Shapley values of chain-of-thought steps.
 *
 * Shapley, "A Value for n-Person Games" (1953), on the game "Shapley Value Attribution in Chain of Thought"
 * (Gao, 2023) plays with steps; the value function and ablation modes are this project's specification.
 *
 *   1. players: the n steps of the chain (n ≤ 12); the prompt is always there
 *   2. v(S) = sum over answer tokens of log p(token | prompt, steps in S, answer cue), teacher-forced, in nats;
 *      absent steps are deleted, masked or replaced by a filler
 *   3. all 2^n coalitions are evaluated by the prefix trie (interp/coalitionTrie.ts)
 *   4. phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S))
 *   5. check: sum(phi) = v(all) - v(none), shown as the residual
 *
 * While coalitions are still coming in, phi_i is estimated by strata: the mean over set sizes of the mean
 * marginal seen at that size. With all coalitions in, that is formula 4.
 */
import { leaveOneOut, presentPlayers, shapleyFromValues } from "../../games/exact";
import { MAX_EXACT_STEPS, type ShapleyRequest, type ShapleyResult } from "../../protocol/chain";
import { VitrineError } from "../../protocol/errors";
import type { Pauser } from "../../protocol/cancel";
import { CoalitionMeans } from "../interp/coalitionMeans";
import { CoalitionTrie } from "../interp/coalitionTrie";
import type { Model } from "../models/model";

/** Time between partial results. */
const PROGRESS_MS = 100;

export async function shapley(
  model: Model,
  request: ShapleyRequest,
  pauser: Pauser,
  onProgress?: (partial: ShapleyResult) => void,
): Promise<ShapleyResult> {
  const { chain, mode, fillerId } = request;
  const n = chain.steps.length;
  if (n < 1 || n > MAX_EXACT_STEPS) {
    throw new VitrineError(
      "Unsupported",
      `Exact Shapley values need 1 to ${MAX_EXACT_STEPS} steps; this chain has ${n}. Merge some steps.`,
    );
  }
  const started = performance.now();
  const coalitions = Array.from({ length: 2 ** n }, (_, coalition) => presentPlayers(coalition, n));
  const trie = await CoalitionTrie.open(model, request, coalitions.length, pauser);
  const means = new CoalitionMeans(coalitions.length, trie.samples);
  const { values } = means;
  const result = (): ShapleyResult => {
    const phi = shapleyFromValues(values, n);
    const vAll = values[values.length - 1] ?? NaN;
    const vNone = values[0] ?? NaN;
    return {
      mode,
      fillerId,
      phi,
      loo: leaveOneOut(values, n),
      vAll,
      vNone,
      residual: phi.reduce((sum, value) => sum + value, 0) - (vAll - vNone),
      coalitionsDone: means.done,
      coalitions: coalitions.length,
      evaluatedTokens: trie.evaluatedTokens,
      segments: trie.counts,
      elapsedMs: performance.now() - started,
    };
  };
  let reported = started;
  try {
    for await (const block of trie.values(coalitions)) {
      block.forEach((one) => means.add(one));
      if (onProgress && performance.now() - reported > PROGRESS_MS) {
        reported = performance.now();
        onProgress(result());
      }
    }
    return result();
  } finally {
    trie.release();
  }
}
