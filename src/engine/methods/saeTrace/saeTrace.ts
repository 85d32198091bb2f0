/**
 * What a latent does to the text that follows: its Effects column (Gao et al. 2024, "Scaling and evaluating sparse
 * autoencoders", arXiv 2406.04093, and its viewer).
 *
 *   1. run the prompt as it is, with its edits; z = the latent's value at the position
 *   2. run it again with z · decoder row taken off there, in the units of the site that the autoencoder writes; the error
 *      term stays: from the block of that site on. What comes before the position is the same in both, bit for bit
 *   3. at the position and every later one: change of −log p of the token that follows; KL(as it is ‖ ablated);
 *      δ = logits as they are − ablated, less the median of the row, since a constant on all logits does nothing: the k
 *      tokens that the latent raises most, and lowers most: fewer where fewer lie on that side of 0
 *   4. over all of them, ablation sparsity: (‖δ‖₁ / ‖δ‖₂)² / (tokens · vocabulary), the share of outputs that are touched
 */
import type { WeightedTokens } from "../../../protocol/analysis";
import type { Pauser } from "../../../protocol/cancel";
import type { LatentTraceRequest, LatentTraceResult } from "../../../protocol/sae/features";
import { AblationSparsity } from "./ablationSparsity";
import { pieces } from "../../interp/pass/forwardPass";
import { resolveEdits, type ResolvedPrompt } from "../../interp/interventions/index";
import { ActivationCache } from "../../interp/activations/activationCache";
import { withoutLatent } from "../../interp/sae/latentAblation";
import { decoderRows, latentValues, outputScale } from "../../interp/sae/latentReads";
import { readBack } from "../../interp/pass/readBack";
import { beyondZero } from "../../interp/weights/directions";
import { checkK, checkLatent, checkPositions } from "../../models/checks";
import { saeOf, type Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";
import type { Sae } from "../../models/sae";
import { klDivergence, scoreTargets } from "../../ops/score";
import { subtract } from "../../ops/rowSums";

/** Differences of logits that are read back at a time. */
const READ_BYTES = 16 << 20;

export async function latentTrace(
  model: Model,
  request: LatentTraceRequest,
  pauser: Pauser,
): Promise<LatentTraceResult> {
  const { position, latent } = request;
  const sae = saeOf(model, request.sae);
  check(sae, request);
  const prompt = await resolveEdits(model, request.prompt, pauser);
  const { length } = prompt.tokens;
  const positions = Array.from({ length: length - position }, (_, i) => position + i);
  const nothing = withoutLatent(sae.siteOut, new Float32Array(0), []);
  const clean = ActivationCache.ofPrompt(model, prompt, positions, [sae.siteIn], [nothing]);
  try {
    await pauser.pause();
    const change = await ablationAt(model, sae, clean, latent, position);
    const ablated = clean.changed([change], positions);
    try {
      return await compareLogits(model, prompt, [clean, ablated], positions, request.k, pauser);
    } finally {
      ablated.release();
    }
  } finally {
    clean.release();
  }
}

/** The latent out at one position, at its value there. */
async function ablationAt(model: Model, sae: Sae, pass: ActivationCache, latent: number, position: number) {
  const read = await readBack(model.memory, (back) => back.tensor(pass.rows(sae.siteIn, [position])));
  const x = read();
  const [value = 0] = await latentValues(model, sae, x, latent);
  const row = await decoderRows(model, sae, Uint32Array.of(latent));
  return withoutLatent(sae.siteOut, row, [{ position, amount: value * outputScale(sae.weights.input, x) }]);
}

async function compareLogits(
  model: Model,
  { tokens }: ResolvedPrompt,
  [clean, ablated]: readonly [ActivationCache, ActivationCache],
  positions: readonly number[],
  k: number,
  pauser: Pauser,
): Promise<LatentTraceResult> {
  const { config, memory } = model;
  const dVocab = vocabOut(config);
  const lossChange: number[] = [];
  const kl: number[] = [];
  const up: WeightedTokens[] = [];
  const down: WeightedTokens[] = [];
  const sparsity = new AblationSparsity();
  const rows = Math.max(1, Math.floor(READ_BYTES / (4 * dVocab)));
  for (const chunk of clean.chunks(positions).flatMap((some) => pieces(some, rows))) {
    await pauser.pause();
    // The last token has no next one: any target will do, the number is not used.
    const nexts = chunk.map((position) => tokens[position + 1]);
    const read = await readBack(memory, (back) => {
      const upload = (pairs: readonly number[]) =>
        memory.from(Uint32Array.from(pairs), [chunk.length, 2], "asks");
      const asks = upload(nexts.flatMap((next, row) => [row, Math.min(next ?? 0, dVocab - 1)]));
      const pairs = upload(chunk.flatMap((_, row) => [row, row]));
      const [before, after] = [clean.logits(chunk), ablated.logits(chunk)];
      return {
        before: back.tensor(scoreTargets(memory, before, asks)),
        after: back.tensor(scoreTargets(memory, after, asks)),
        kl: back.tensor(klDivergence(memory, before, after, pairs)),
        delta: back.tensor(subtract(memory, before, after)),
      };
    });
    chunk.forEach((_, row) => {
      const isScored = (nexts[row] ?? dVocab) < dVocab;
      lossChange.push(isScored ? (read.before()[row] ?? NaN) - (read.after()[row] ?? NaN) : NaN);
      kl.push(read.kl()[row] ?? NaN);
      const centred = sparsity.add(read.delta().subarray(row * dVocab, (row + 1) * dVocab));
      up.push(beyondZero(centred, k, 1));
      down.push(beyondZero(centred, k, -1));
    });
  }
  return {
    ...{ positions, up, down, ablationSparsity: sparsity.value },
    lossChange: Float32Array.from(lossChange),
    kl: Float32Array.from(kl),
  };
}

function check({ weights }: Sae, { latent, prompt, position, k }: LatentTraceRequest): void {
  checkLatent(latent, weights.encoder.shape[0]);
  checkPositions([position], prompt.tokens.length);
  checkK(k);
}
