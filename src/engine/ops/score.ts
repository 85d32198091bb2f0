/** What is read off logits [rows, dVocab]: log-probabilities of targets, divergences, the top of a row, a sampled token. */
import type { Tensor, TensorMemory } from "../device/tensor";
import { argmax } from "../kernels/argmax/argmax";
import { klRows } from "../kernels/klRows/klRows";
import { sampleToken } from "../kernels/sampleToken/sampleToken";
import { scoreTargets as scoreTargetsKernel } from "../kernels/scoreTargets/scoreTargets";
import { tokenStats as tokenStatsKernel } from "../kernels/tokenStats/tokenStats";
import { topK as topKKernel } from "../kernels/topK/topK";
import { backward } from "./backward";

/** The largest k that `topTokens` takes. */
export const MAX_TOP_K = 256;

/** asks u32 [count, 2] = (row of logits, target id) → log-probabilities in nats [count]. */
export function scoreTargets(memory: TensorMemory, logits: Tensor, asks: Tensor): Tensor {
  const [count = 0] = asks.shape;
  const scores = memory.make([count], "scoreTargets");
  memory.device.run(
    scoreTargetsKernel,
    { logits: logits.buffer, asks: asks.buffer, scores: scores.buffer },
    { count, cols: logits.shape[1] ?? 0 },
  );
  return scores;
}

/** Scalars that are sums of log-probabilities and logits, row by row (shapes in kernels/scoreTargetsBackward/). */
export interface LogitAsks {
  readonly spans: Tensor;
  readonly targets: Tensor;
  readonly weights: Tensor;
  /** Of the weights, those of log-probabilities. */
  readonly totals: Tensor;
}

/** logits [rows, dVocab] → their cotangents [scalars * rows, dVocab]: where the way back begins. */
export function scoreTargetsBackward(memory: TensorMemory, logits: Tensor, asks: LogitAsks): Tensor {
  const [own = 0, cols = 0] = logits.shape;
  const rows = asks.totals.size;
  const dLogits = memory.make([rows, cols], "scoreTargetsBackward");
  memory.device.run(
    backward().scoreTargetsBackward,
    {
      ...{ logits: logits.buffer, spans: asks.spans.buffer, targets: asks.targets.buffer },
      ...{ weights: asks.weights.buffer, totals: asks.totals.buffer, dLogits: dLogits.buffer },
    },
    { rows, own, cols },
  );
  return dLogits;
}

/**
 * asks u32 [count, 2] = (row of logits, target id) → f32 [count, 3]: the target's log-probability in nats, how many
 * tokens are more probable, and the entropy of the row in nats.
 */
export function tokenStats(memory: TensorMemory, logits: Tensor, asks: Tensor): Tensor {
  const [count = 0] = asks.shape;
  const stats = memory.make([count, 3], "tokenStats");
  memory.device.run(
    tokenStatsKernel,
    { logits: logits.buffer, asks: asks.buffer, stats: stats.buffer },
    { count, cols: logits.shape[1] ?? 0 },
  );
  return stats;
}

/**
 * pairs u32 [count, 2] = (row of p, row of q) → KL(softmax p ‖ softmax q) in nats [count]: never negative, exactly 0
 * for equal rows. A token that q excludes and p does not costs about 1e30 nats.
 */
export function klDivergence(memory: TensorMemory, p: Tensor, q: Tensor, pairs: Tensor): Tensor {
  const [count = 0] = pairs.shape;
  const kl = memory.make([count], "klRows");
  memory.device.run(
    klRows,
    { pLogits: p.buffer, qLogits: q.buffer, pairs: pairs.buffer, kl: kl.buffer },
    { count, cols: p.shape[1] ?? 0 },
  );
  return kl;
}

/** The k most probable ids of each row (u32 [rows, k]) and their log-probabilities (f32 [rows, k]). */
export function topTokens(
  memory: TensorMemory,
  logits: Tensor,
  k: number,
): { ids: Tensor; logProbs: Tensor } {
  const [rows = 0, cols = 0] = logits.shape;
  const ids = memory.make([rows, k], "topK");
  const logProbs = memory.make([rows, k], "topK");
  memory.device.run(
    topKKernel,
    { logits: logits.buffer, ids: ids.buffer, logProbs: logProbs.buffer },
    { rows, cols, k },
  );
  return { ids, logProbs };
}

export interface Sampling {
  /** 0 = the most probable token. */
  readonly temperature: number;
  /** 0 = off. */
  readonly topK: number;
  /** 1 = off. */
  readonly topP: number;
  readonly seed: number;
  /** Counts the tokens drawn so far: with the seed, it names the random numbers. */
  readonly step: number;
}

/** One token id per row of logits (u32 [rows]). */
export function chooseToken(memory: TensorMemory, logits: Tensor, sampling: Sampling): Tensor {
  const [rows = 0, cols = 0] = logits.shape;
  const ids = memory.make([rows], "chooseToken");
  const buffers = { logits: logits.buffer, ids: ids.buffer };
  if (sampling.temperature === 0) memory.device.run(argmax, buffers, { rows, cols });
  else memory.device.run(sampleToken, buffers, { rows, cols, ...sampling });
  return ids;
}
