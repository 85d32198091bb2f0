/**
 * The value of chosen coalitions of chain steps: what a toggle, a leave-one-out or an early-answering curve
 * asks for.
 *
 *   1. coalitions that begin alike share their prefix (interp/coalitions/coalitionTrie.ts)
 *   2. for each: log p of the reference answer in nats, teacher-forced, and the most probable first answer
 *      tokens
 *   3. if asked, the value of another kind (interp/coalitions/chainValue.ts)
 *   4. if asked, log p of every token behind the prompt: the original tokens, also of steps that are absent
 *   5. in resample mode log p and the value are means over the samples, and a token's probability is its mean, too;
 *      beyond the 256 most probable tokens of a sample a token counts as improbable there
 */
import type { CoalitionResult, CoalitionsRequest } from "../../../protocol/chain";
import type { Pauser } from "../../../protocol/cancel";
import type { TopTokens } from "../../../protocol/run";
import { CoalitionTrie } from "../../interp/coalitions/coalitionTrie";
import type { Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";
import { MAX_TOP_K } from "../../ops/score";

/** Stands where a list of top tokens has no further one. */
const NO_TOKEN = 0xffffffff;

export async function evaluateCoalitions(
  model: Model,
  request: CoalitionsRequest,
  pauser: Pauser,
): Promise<{ results: CoalitionResult[]; evaluatedTokens: number }> {
  const { coalitions } = request;
  const most = Math.min(MAX_TOP_K, vocabOut(model.config));
  const topK = Math.min(request.topK, most);
  const isMean = request.mode === "resample" && topK > 0;
  const trie = await CoalitionTrie.open(
    model,
    { ...request, topK: isMean ? most : topK },
    coalitions.length,
    pauser,
  );
  const samples: CoalitionResult[][] = coalitions.map(() => []);
  try {
    for await (const block of trie.values(coalitions)) {
      for (const { index, sample, logProb, top, value, tokens } of block) {
        const own = samples[index];
        if (own)
          own[sample] = { logProb, top, ...(request.value ? { value } : {}), ...(tokens ? { tokens } : {}) };
      }
    }
  } finally {
    trie.release();
  }
  const results = samples.map((own) => meanResult(own, topK));
  return { results, evaluatedTokens: trie.evaluatedTokens };
}

function meanResult(samples: readonly CoalitionResult[], topK: number): CoalitionResult {
  const [only] = samples;
  if (only && samples.length === 1) return only;
  const mean = (of: (one: CoalitionResult) => number) =>
    samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const tops = samples.map(({ top }) => top);
  return {
    logProb: mean(({ logProb }) => logProb),
    top: meanTop(tops, topK),
    ...(only?.value === undefined ? {} : { value: mean(({ value = NaN }) => value) }),
    ...(only?.tokens === undefined
      ? {}
      : { tokens: only.tokens.map((_, i) => mean(({ tokens }) => tokens?.[i] ?? NaN)) }),
  };
}

function meanTop(tops: readonly TopTokens[], topK: number): TopTokens {
  const probability = new Map<number, number>();
  for (const { ids, logProbs } of tops) {
    ids.forEach((id, i) => {
      if (id === NO_TOKEN) return;
      const p = Math.exp(logProbs[i] ?? -Infinity) / tops.length;
      probability.set(id, (probability.get(id) ?? 0) + p);
    });
  }
  const order = [...probability].sort(([a, p], [b, q]) => q - p || a - b).slice(0, topK);
  return {
    ids: Uint32Array.from(order, ([id]) => id),
    logProbs: Float32Array.from(order, ([, p]) => Math.log(p)),
  };
}
