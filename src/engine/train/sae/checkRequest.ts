/** What a run of learning may ask for. Each refusal says what to change. */
import { refuse } from "../../../protocol/errors";
import type { SaeSettings, SaeTrainingRequest } from "../../../protocol/sae/training";
import { siteNamed, type Model } from "../../models/model";
import { hasTokenRows } from "../../models/siteShape";
import { MAX_SELECT_K } from "../../ops/select";

const MOST_SAES = 16;
const MOST_STEPS = 10_000_000;

export function checkRequest(model: Model, request: SaeTrainingRequest): void {
  const { saes, steps, batch, schedule, clip, heldOut, shuffledTokens, contextSize } = request;
  if (saes.length < 1 || saes.length > MOST_SAES) {
    refuse(`${saes.length} autoencoders were asked for; learn from 1 to ${MOST_SAES} at a time.`);
  }
  whole("steps", steps, 1, MOST_STEPS);
  whole("tokens a step", batch, 1, 1 << 20);
  whole("tokens that are shuffled together", shuffledTokens, 1, 1 << 24);
  whole("tokens of a context", contextSize, 2, model.config.nCtx);
  whole("steps of warm-up", schedule.warmUp, 0, MOST_STEPS);
  between("the rate", schedule.rate, 0, 10);
  between("the share of the run that the rate falls for", schedule.decay, 0, 1);
  between("the longest gradient", clip, 0, Infinity);
  between("the share of documents that is kept apart", heldOut, 0, 0.9);
  for (const sae of saes) checkSae(model, sae, batch);
}

function checkSae(model: Model, sae: SaeSettings, batch: number): void {
  for (const name of [sae.siteIn, sae.siteOut]) {
    const site = siteNamed(model, name);
    if (!hasTokenRows(site)) refuse(`${site} has no row for each token; learn from another site.`);
  }
  whole("latents", sae.nLatents, 1, 1 << 24);
  whole("active latents a token (k)", sae.k, 1, Math.min(MAX_SELECT_K, sae.nLatents));
  whole("latents of AuxK", sae.auxK, 1, MAX_SELECT_K);
  between("the weight of AuxK", sae.auxWeight, 0, 1);
  between("the tokens after which a latent is dead", sae.deadAfter, 1, Infinity);
  const bytes = 4 * batch * sae.nLatents;
  const { maxBufferBytes } = model.memory.device.limits;
  if (bytes > maxBufferBytes) {
    const most = Math.floor(maxBufferBytes / 4 / sae.nLatents);
    refuse(
      `${batch} tokens a step times ${sae.nLatents} latents take ${bytes} bytes at once; this device holds ${maxBufferBytes}. Take at most ${most} tokens a step.`,
    );
  }
}

function whole(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    refuse(`${value} ${what} were asked for; give a whole number from ${least} to ${most}.`);
  }
}

function between(what: string, value: number, above: number, most: number): void {
  if (!(value >= above && value <= most))
    refuse(`${what} is ${value}; give a number from ${above} to ${most}.`);
}
