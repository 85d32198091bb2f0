/** Latents taken out one by one, each in a row of its own: value · decoder row comes off where the latent is active. */
import type { Pauser } from "../../../protocol/cancel";
import type { LatentEffectsRequest } from "../../../protocol/sae/features";
import { batchesOf, batchTokens } from "../batch/cellBatches";
import { firstBlock } from "../edits/firstBlock";
import type { ResolvedPrompt } from "../interventions/index";
import { CounterfactualPrompts, type Reading } from "../activations/counterfactualPrompts";
import { withoutLatent } from "./latentAblation";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import type { Candidate } from "./activeLatents";

/** Logit (difference) as it is minus without each candidate. */
export async function ablate(
  model: Model,
  { siteOut }: Sae,
  prompt: ResolvedPrompt,
  { readAt, target, minus }: Pick<LatentEffectsRequest, "readAt" | "target" | "minus">,
  candidates: readonly Pick<Candidate, "at">[],
  rowOf: (candidate: number) => Float32Array,
  pauser: Pauser,
  /** Of each batch, as it is done: effects of candidates from `first` on, and tokens that went through the model. */
  take?: (first: number, effects: readonly number[], tokens: number) => void,
): Promise<number[]> {
  const cells = candidates.map(({ at }, n) => ({
    ...{ n, at },
    from: at.reduce((first, { position }) => Math.min(first, position), readAt),
  }));
  const targets = minus === undefined ? [target] : [target, minus];
  const changesPatterns = prompt.interventions.some(
    (one) =>
      ["knockOut", "mask", "score"].includes(one.kind) ||
      (one.kind === "affine" && /\.(scores|pattern)$/.test(one.site)),
  );
  const block = firstBlock(model, [withoutLatent(siteOut, new Float32Array(0), [])], prompt.interventions);
  const limit = batchTokens(model, readAt + 1, changesPatterns, undefined, block);
  const ask = { targets, logits: true, kl: false };
  const variants = new CounterfactualPrompts(model, prompt, readAt, ask, Math.max(limit, readAt + 1));
  // Of a difference the log-probabilities' is the same, but the logits' has less to round.
  const logit = ({ logits: [first = NaN, second = 0] }: Reading) => first - second;
  try {
    const base = logit(await variants.base());
    const effects: number[] = [];
    for (const batch of batchesOf(cells, (cell) => variants.tokensOf(cell), limit)) {
      await pauser.pause();
      const rows = batch.map(({ from, at, n }) => ({
        from,
        interventions: [withoutLatent(siteOut, rowOf(n), at)],
      }));
      const first = effects.length;
      const before = variants.evaluatedTokens;
      for (const reading of await variants.run(rows)) effects.push(base - logit(reading));
      take?.(first, effects.slice(first), variants.evaluatedTokens - before);
    }
    return effects;
  } finally {
    variants.release();
  }
}
