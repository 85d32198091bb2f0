/**
 * The model with a reconstruction in place of an activation (Gao et al. 2024, section 4.1, downstream loss):
 *
 *   1. run the prompt, with its edits, as it is, and reconstruct what the autoencoder's site holds
 *   2. run it with the reconstruction in the site's place, and with the site at zero: from the block of that site on
 *   3. of all three the mean −log p of the next tokens; KL(as it is ‖ spliced);
 *      loss recovered = (zero − spliced) / (zero − as it is), where the model is worse with the site at zero
 *
 * A BOS token's activation is left as it is in all three: autoencoders are not trained on it.
 */
import { lossRecovered } from "../../../statistics/lossRecovered";
import { meanError } from "../../../statistics/meanError";
import type { Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import type { SpliceRequest, SpliceResult } from "../../../protocol/sae/features";
import type { AffineChange } from "../../../protocol/interventions";
import { pieces } from "../../interp/pass/forwardPass";
import { resolveEdits, type ResolvedPrompt } from "../../interp/interventions/index";
import { ActivationCache } from "../../interp/activations/activationCache";
import { readBack } from "../../interp/pass/readBack";
import { checkSizes, partOf, reconstruct, rowsPerChunk } from "../../interp/sae/saeCodes";
import { saeOf, type Model } from "../../models/model";
import { siteColumns } from "../../models/siteShape";
import { klDivergence, scoreTargets } from "../../ops/score";

export async function saeSplice(
  model: Model,
  request: SpliceRequest,
  pauser: Pauser,
  bosId?: number,
): Promise<SpliceResult> {
  const sae = saeOf(model, request.sae);
  checkSizes(sae.weights, request);
  const { tokens } = request.prompt;
  if (tokens.length < 2)
    throw new VitrineError("Unsupported", "The loss needs a prompt of at least two tokens.");
  const prompt = await resolveEdits(model, request.prompt, pauser);
  const all = tokens.map((_, position) => position);
  const positions = all.filter((position) => prompt.tokens[position] !== bosId);
  const zero: AffineChange = { kind: "affine", site: sae.siteOut, keep: 0, positions };
  const clean = ActivationCache.ofPrompt(model, prompt, all, [sae.siteIn], [zero]);
  try {
    const values = await reconstruction(model, request, clean, all, pauser);
    return await measure(model, prompt, clean, [{ ...zero, values, valuePositions: all }, zero], pauser);
  } finally {
    clean.release();
  }
}

/** Of every position, on the host. */
async function reconstruction(
  model: Model,
  { sae: id, k, prefix }: SpliceRequest,
  clean: ActivationCache,
  positions: readonly number[],
  pauser: Pauser,
): Promise<Float32Array<ArrayBuffer>> {
  const { memory } = model;
  const { siteIn, siteOut, weights: whole } = saeOf(model, id);
  const weights = partOf(whole, prefix);
  const width = weights.decoder.shape[1];
  const { heads, width: own } = siteColumns(model.config, siteOut);
  if (width !== heads * (own as number))
    throw new Error("the reconstruction has another width than the site");
  const values = new Float32Array(positions.length * width);
  for (const rows of pieces(positions, rowsPerChunk(model, weights))) {
    await pauser.pause();
    const read = await readBack(memory, (back) =>
      back.tensor(reconstruct(memory, weights, clean.rows(siteIn, rows), k)),
    );
    values.set(read(), (rows[0] ?? 0) * width);
  }
  return values;
}

async function measure(
  model: Model,
  { tokens }: ResolvedPrompt,
  clean: ActivationCache,
  changes: readonly [spliced: AffineChange, zero: AffineChange],
  pauser: Pauser,
): Promise<SpliceResult> {
  const { memory } = model;
  const positions = tokens.slice(1).map((_, position) => position);
  const changed = changes.map((change) => clean.changed([change], positions));
  const passes = [clean, ...changed];
  const logProbs: [number[], number[], number[]] = [[], [], []];
  let kl = 0;
  try {
    for (const chunk of clean.chunks(positions)) {
      await pauser.pause();
      const read = await readBack(memory, (back) => {
        const upload = (pairs: number[]) => memory.from(Uint32Array.from(pairs), [chunk.length, 2], "asks");
        const asks = upload(chunk.flatMap((position, row) => [row, tokens[position + 1] ?? 0]));
        const pairs = upload(chunk.flatMap((_, row) => [row, row]));
        const logits = passes.map((pass) => pass.logits(chunk));
        const [asItIs, spliced] = logits;
        if (!asItIs || !spliced) throw new Error("nothing was run");
        return {
          scores: logits.map((one) => back.tensor(scoreTargets(memory, one, asks))),
          kl: back.tensor(klDivergence(memory, asItIs, spliced, pairs)),
        };
      });
      read.scores.forEach((scores, i) => {
        logProbs[i]?.push(...scores());
      });
      for (const one of read.kl()) kl += one;
    }
  } finally {
    for (const pass of changed) pass.release();
  }
  const n = positions.length;
  const [before, spliced, zero] = logProbs.map((list) => -list.reduce((sum, x) => sum + x, 0) / n);
  const losses = {
    ...{ clean: before ?? NaN, spliced: spliced ?? NaN, zero: zero ?? NaN },
    zeroError: meanError(logProbs[0].map((logProb, i) => logProb - (logProbs[2][i] ?? NaN))),
  };
  return { ...losses, kl: kl / n, n, lossRecovered: lossRecovered(losses) };
}
