/**
 * Games whose players are steps of a chain of thought (or its tokens, where every token is a step): Shapley values,
 * leave-one-out, leave-one-in, Banzhaf values, pairwise interactions, and what players do to every later token.
 *
 * Shapley, "A Value for n-Person Games" (1953), on the game "Shapley Value Attribution in Chain of Thought"
 * (Gao, 2023) plays with steps; values and ablation modes are this project's specification (protocol/chain.ts).
 *
 *   1. players: chosen steps; the prompt and all other steps are always there
 *   2. v(S): the value asked, teacher-forced, where players outside S are taken away in the mode asked
 *   3. exact: all 2^n coalitions, up to 12 players (chainGame/exactGame.ts)
 *      estimated: as many as the budget allows, chosen by an estimator (chainGame/sampledGame.ts)
 *   4. phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S))
 *   5. check: sum(phi) = v(all) - v(none), shown as the residual; for tokens likewise
 */
import { createPairedRegression } from "../../../shapley/pairedRegression";
import { createPermutations } from "../../../shapley/permutations";
import type { Pauser } from "../../../protocol/cancel";
import type { ChainGameRequest, ChainGameResult } from "../../../protocol/chain";
import { CoalitionTrie } from "../../interp/coalitions/coalitionTrie";
import { chainLength } from "../../interp/coalitions/tokenScores";
import type { Model } from "../../models/model";
import { ExactGame } from "./exactGame";
import { playersOf } from "./players";
import { SampledGame } from "./sampledGame";
import type { Game } from "./state";

/** Time between partial results; more where they take long to make. */
const PROGRESS_MS = 100;
/** Of the time, what making partial results may take. */
const PROGRESS_SHARE = 0.2;
/** Resamplings behind the intervals of the regression. */
const BOOTSTRAP = 200;
/**
 * Coalitions of an estimator go through the trie in batches of a fixed size, by arithmetic and not by measured speed,
 * so that the same request gives the same bits every time. On the CPU device they are small enough for partial results.
 */
const MAX_BATCH = 64;
const MIN_BATCH = 8;
const CPU_BATCH_TOKENS = 2048;

function batchSize(model: Model, { chain, mode, alternatives }: ChainGameRequest): number {
  if (model.memory.device.kind !== "cpu") return MAX_BATCH;
  const samples = mode === "resample" ? (alternatives?.length ?? 1) : 1;
  const affordable = Math.floor(CPU_BATCH_TOKENS / chainLength(chain) / samples);
  return Math.max(MIN_BATCH, Math.min(MAX_BATCH, affordable));
}

export async function chainGame(
  model: Model,
  request: ChainGameRequest,
  pauser: Pauser,
  onProgress?: (partial: ChainGameResult) => void,
): Promise<ChainGameResult> {
  const { chain, mode, value, estimator, seed, matrix } = request;
  const started = performance.now();
  const players = playersOf(request);
  const batch = batchSize(model, request);
  const most = estimator === "exact" ? 2 ** players.length : batch;
  const trie = await CoalitionTrie.open(model, { ...request, tokenScores: matrix }, most, pauser);
  const game: Game =
    estimator === "exact"
      ? new ExactGame(trie, chain, players, matrix)
      : new SampledGame(trie, {
          ...{ chain, players, matrix, batch, budget: request.budget },
          estimator: (n, width) =>
            estimator === "permutations"
              ? createPermutations({ n, width, seed })
              : createPairedRegression({ n, width, seed, resamples: BOOTSTRAP }),
        });
  const result = (): ChainGameResult => {
    const state = game.state();
    const sum = state.phi.values.reduce((total, phi) => total + phi, 0);
    return {
      ...{ mode, value, estimator, seed },
      ...state,
      residual: sum - (state.vAll - state.vNone),
      evaluatedTokens: trie.evaluatedTokens,
      segments: trie.counts,
      elapsedMs: performance.now() - started,
    };
  };
  try {
    let due = started;
    await game.play(() => {
      const now = performance.now();
      if (!onProgress || now < due) return;
      onProgress(result());
      const took = performance.now() - now;
      due = now + Math.max(PROGRESS_MS, took / PROGRESS_SHARE);
    });
    return result();
  } finally {
    trie.release();
  }
}
