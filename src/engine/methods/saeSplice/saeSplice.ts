/**
 * The model with a reconstruction in place of an activation (Gao et al. 2024, section 4.1, downstream loss):
 *
 *   1. run the prompt, with its edits, as it is, and reconstruct what the autoencoder's site holds
 *   2. run it with the reconstruction in the site's place, and with the site at zero
 *   3. of all three the mean −log p of the next tokens; KL(as it is ‖ spliced);
 *      loss recovered = (zero − spliced) / (zero − as it is), where the model is worse with the site at zero
 *
 * A BOS token's activation is left as it is in all three: autoencoders are not trained on it.
 */
import { lossRecovered } from "../../../statistics/lossRecovered";
import { meanError } from "../../../statistics/meanError";
import type { Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import type { SpliceRequest, SpliceResult } from "../../../protocol/features";
import type { AffineChange } from "../../../protocol/interventions";
import { pieces } from "../../interp/pass/forwardPass";
import { resolveEdits, type ResolvedPrompt } from "../../interp/interventions/index";
import { ActivationCache } from "../../interp/activations/activationCache";
import { readBack } from "../../interp/pass/readBack";
import { checkSizes, partOf, reconstruct, rowsPerChunk } from "../../interp/sae/saeCodes";
import { saeOf, type Model } from "../../models/model";
import { gatherRows } from "../../ops/embedding";
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
  const spliced = await reconstruction(model, request, prompt, pauser);
  const positions = prompt.tokens.flatMap((token, position) => (token === bosId ? [] : [position]));
  const width = spliced.length / tokens.length;
  const change: AffineChange = { kind: "affine", site: sae.siteOut, keep: 0, positions };
  const values = { values: spliced, valuePositions: tokens.map((_, position) => position) };
  if (!Number.isInteger(width)) throw new Error("the reconstruction has another width than the site");
  return measure(model, prompt, { ...change, ...values }, change, pauser);
}

/** Of every position, on the host. */
async function reconstruction(
  model: Model,
  { sae: id, k, prefix }: SpliceRequest,
  prompt: ResolvedPrompt,
  pauser: Pauser,
): Promise<Float32Array<ArrayBuffer>> {
  const { memory } = model;
  const { siteIn, weights: whole } = saeOf(model, id);
  const weights = partOf(whole, prefix);
  const positions = prompt.tokens.map((_, position) => position);
  const all = new Float32Array(positions.length * weights.decoder.shape[1]);
  const pass = ActivationCache.ofPrompt(model, prompt, positions, [siteIn]);
  try {
    for (const rows of pieces(positions, rowsPerChunk(model, weights))) {
      await pauser.pause();
      const read = await readBack(memory, (back) => {
        const list = memory.from(Uint32Array.from(rows), [rows.length], "rows");
        return back.tensor(reconstruct(memory, weights, gatherRows(memory, pass.tensor(siteIn), list), k));
      });
      all.set(read(), (rows[0] ?? 0) * weights.decoder.shape[1]);
    }
  } finally {
    pass.release();
  }
  return all;
}

async function measure(
  model: Model,
  prompt: ResolvedPrompt,
  spliced: AffineChange,
  zero: AffineChange,
  pauser: Pauser,
): Promise<SpliceResult> {
  const { memory } = model;
  const { tokens, interventions } = prompt;
  const positions = tokens.slice(1).map((_, position) => position);
  const changes = [[], [spliced], [zero]];
  const passes = changes.map((more) =>
    ActivationCache.ofPrompt(model, { tokens, interventions: [...interventions, ...more] }, positions),
  );
  const logProbs: [number[], number[], number[]] = [[], [], []];
  let kl = 0;
  try {
    for (const chunk of passes[0]?.chunks(positions) ?? []) {
      await pauser.pause();
      const read = await readBack(memory, (back) => {
        const upload = (pairs: number[]) => memory.from(Uint32Array.from(pairs), [chunk.length, 2], "asks");
        const asks = upload(chunk.flatMap((position, row) => [row, tokens[position + 1] ?? 0]));
        const pairs = upload(chunk.flatMap((_, row) => [row, row]));
        const logits = passes.map((pass) => pass.logits(chunk));
        const [clean, changed] = logits;
        if (!clean || !changed) throw new Error("nothing was run");
        return {
          scores: logits.map((one) => back.tensor(scoreTargets(memory, one, asks))),
          kl: back.tensor(klDivergence(memory, clean, changed, pairs)),
        };
      });
      read.scores.forEach((scores, i) => {
        logProbs[i]?.push(...scores());
      });
      for (const one of read.kl()) kl += one;
    }
  } finally {
    for (const pass of passes) pass.release();
  }
  const n = positions.length;
  const [clean, spliced_, zero_] = logProbs.map((list) => -list.reduce((sum, x) => sum + x, 0) / n);
  const losses = {
    ...{ clean: clean ?? NaN, spliced: spliced_ ?? NaN, zero: zero_ ?? NaN },
    zeroError: meanError(logProbs[0].map((logProb, i) => logProb - (logProbs[2][i] ?? NaN))),
  };
  return { ...losses, kl: kl / n, n, lossRecovered: lossRecovered(losses) };
}
