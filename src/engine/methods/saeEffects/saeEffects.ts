/**
 * Which latents matter to a token's logit, by their direct way there and by taking each of them out (attribution and
 * ablation of latents: Marks et al. 2024, "Sparse Feature Circuits", arXiv 2403.19647; direct effects as in direct logit
 * attribution).
 *
 *   1. run the prompt with its edits; codes of the asked positions, up to the one where the target is read
 *   2. candidates: the latents whose largest value over these positions is largest
 *   3. direct effect of a candidate that is active at the read position: value · decoder row · e there, with e the
 *      target's unembedding (less the other's) moved through the final norm at its scale of this run, and from attn.z or
 *      mlp.post through the layer's output matrix
 *   4. ablation: one run each with value · decoder row taken off at every position where the candidate is active, error
 *      term kept, batched as rows that share with the run as it is what comes before its first change. Logit as it is
 *      minus ablated
 *
 * The direct effect leaves out everything between the site and the final norm, and that the norm's scale would change; the
 * ablation has all of it. Where a soft cap follows, the direct effect is on the logit before it.
 */
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import { NO_LATENT, type LatentEffect, type LatentEffectsRequest } from "../../../protocol/features";
import { batchesOf, batchTokens } from "../../interp/batch/cellBatches";
import { firstBlock } from "../../interp/edits/firstBlock";
import { resolveEdits, type ResolvedPrompt } from "../../interp/interventions/index";
import { ActivationCache } from "../../interp/activations/activationCache";
import { withoutLatent, type LatentAt } from "../../interp/sae/latentAblation";
import { decoderRows, outputScale, readCodes } from "../../interp/sae/latentReads";
import { CounterfactualPrompts, type Reading } from "../../interp/activations/counterfactualPrompts";
import { readBack } from "../../interp/pass/readBack";
import { backToSite, residualPath } from "../../interp/weights/residualPath";
import { centred, gained } from "../../interp/weights/directions";
import { checkPositions, checkTargets, isBelow } from "../../models/checks";
import { saeOf, type Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { embedding } from "../../ops/embedding";

interface Candidate {
  readonly latent: number;
  /** Its largest value over the positions, and where. */
  readonly value: number;
  readonly position: number;
  /** Where it is active. */
  readonly at: readonly LatentAt[];
  /** value · scale at the read position; undefined where it is not active there. */
  readonly atRead: number | undefined;
}

/** Most active first. */
export async function latentEffects(
  model: Model,
  request: LatentEffectsRequest,
  pauser: Pauser,
): Promise<LatentEffect[]> {
  const sae = saeOf(model, request.sae);
  check(model, request);
  const { readAt, most } = request;
  const prompt = await resolveEdits(model, request.prompt, pauser);
  const positions = [...new Set(request.positions)].filter((position) => position <= readAt);
  const { candidates, direction } = await readRun(model, sae, prompt, positions, request);
  const chosen = candidates.sort((a, b) => b.value - a.value || a.latent - b.latent).slice(0, most);
  if (chosen.length === 0) return [];
  const rows = await decoderRows(
    model,
    sae,
    Uint32Array.from(chosen, ({ latent }) => latent),
  );
  const width = rows.length / chosen.length;
  const rowOf = (n: number) => rows.subarray(n * width, (n + 1) * width);
  const ablations = await ablate(model, sae, prompt, request, chosen, rowOf, pauser);
  return chosen.map(({ latent, value, position, atRead }, n) => ({
    ...{ latent, value, position },
    direct:
      atRead === undefined || direction === undefined
        ? NaN
        : atRead * rowOf(n).reduce((sum, weight, i) => sum + weight * (direction[i] ?? 0), 0),
    ablation: ablations[n] ?? NaN,
  }));
}

/** One pass: the codes of the positions, and the direction that a logit is read along at the read position. */
async function readRun(
  model: Model,
  sae: Sae,
  prompt: ResolvedPrompt,
  positions: readonly number[],
  request: LatentEffectsRequest,
): Promise<{ candidates: Candidate[]; direction: Float32Array | undefined }> {
  const { memory } = model;
  const { readAt } = request;
  const kept = [...new Set([...positions, readAt])];
  const pass = ActivationCache.ofPrompt(model, prompt, kept, [sae.siteIn]);
  try {
    const read = await readBack(memory, (back) => {
      const { scale } = pass.unembedded([readAt]);
      return { x: back.borrowed(pass.tensor(sae.siteIn)), scale: scale && back.tensor(scale) };
    });
    const candidates = await activeLatents(model, sae, read.x(), kept, new Set(positions), readAt);
    const way = residualPath(model, sae.siteOut);
    // A norm on the way has a scale of its own.
    const direction =
      way && !way.norm
        ? await backToSite(model, way, await logitDirection(model, request, read.scale?.()[0] ?? 1))
        : undefined;
    return { candidates, direction };
  } finally {
    pass.release();
  }
}

async function activeLatents(
  model: Model,
  sae: Sae,
  x: Float32Array<ArrayBuffer>,
  kept: readonly number[],
  asked: ReadonlySet<number>,
  readAt: number,
): Promise<Candidate[]> {
  const { ids, values, width } = await readCodes(model, sae, x);
  const dIn = x.length / kept.length;
  const found = new Map<number, LatentAt[]>();
  const peaks = new Map<number, { value: number; position: number }>();
  const atRead = new Map<number, number>();
  kept.forEach((position, row) => {
    const scale = outputScale(sae.weights.input, x.subarray(row * dIn, (row + 1) * dIn));
    for (let slot = row * width; slot < (row + 1) * width; slot++) {
      const latent = ids[slot] ?? NO_LATENT;
      const value = values[slot] ?? 0;
      if (latent === NO_LATENT) continue;
      if (position === readAt) atRead.set(latent, value * scale);
      if (!asked.has(position)) continue;
      const at = found.get(latent) ?? [];
      at.push({ position, amount: value * scale });
      found.set(latent, at);
      if (value > (peaks.get(latent)?.value ?? 0)) peaks.set(latent, { value, position });
    }
  });
  return [...peaks].map(([latent, peak]) => ({
    ...{ latent, ...peak, at: found.get(latent) ?? [], atRead: atRead.get(latent) },
  }));
}

/** Along it an addition to the residual stream changes the logit (difference), at the norm's scale of this run. */
async function logitDirection(
  model: Model,
  { target, minus }: LatentEffectsRequest,
  scale: number,
): Promise<Float32Array<ArrayBuffer>> {
  const { architecture, config, memory, weights } = model;
  const { finalNorm, unembed } = architecture.weightMap(config);
  const tokens = minus === undefined ? [target] : [target, minus];
  const read = await readBack(memory, (back) => ({
    rows: back.tensor(
      embedding(
        memory,
        weights.matrix(`${unembed}.weight`),
        memory.from(Uint32Array.from(tokens), [tokens.length], "tokens"),
      ),
    ),
    gain: back.part(weights, finalNorm?.name, "weight"),
  }));
  const width = config.dModel;
  const [first, second] = [read.rows().subarray(0, width), read.rows().subarray(width)];
  const direction = first.map((value, i) => value - (second[i] ?? 0));
  return centred(gained(direction, finalNorm, read.gain()), finalNorm).map((value) => value / scale);
}

/** Logit (difference) as it is minus without each candidate. */
async function ablate(
  model: Model,
  { siteOut }: Sae,
  prompt: ResolvedPrompt,
  { readAt, target, minus }: LatentEffectsRequest,
  candidates: readonly Candidate[],
  rowOf: (candidate: number) => Float32Array,
  pauser: Pauser,
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
      for (const reading of await variants.run(rows)) effects.push(base - logit(reading));
    }
    return effects;
  } finally {
    variants.release();
  }
}

function check({ config }: Model, { prompt, positions, readAt, target, minus, most }: LatentEffectsRequest) {
  checkPositions([...positions, readAt], prompt.tokens.length);
  checkTargets([target, minus ?? target], config);
  if (!isBelow(most - 1, Infinity)) refuse(`${most} latents were asked; ask for at least one.`);
}
