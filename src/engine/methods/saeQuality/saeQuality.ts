/**
 * Are an autoencoder's magnitudes sound, and are its latents used?
 *
 *   shrinkage (Gao et al. 2024, "Scaling and evaluating sparse autoencoders", section 5.1, after Wright and Sharkey 2024):
 *     1. at each token keep the set of active latents, and refit their values to the least squared error, none below 0
 *     2. refit / value above 1 on average: the values were too small, as an L1 penalty makes them;
 *        where more latents are active than the output has dimensions, their best values are not unique
 *     3. FVU with the values as they are and refitted: what better magnitudes alone would give
 *   dead latents: those whose value exceeds 1e-3 at no token that was seen; more tokens wake more of them
 */
import { NEVER_CANCELLED, type Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import type { SaeQualityRequest, SaeQualityResult } from "../../../protocol/sae/saeEvaluation";
import {
  decoderRows,
  emptyOutput,
  outputScale,
  readCodes,
  type HostCodes,
} from "../../interp/sae/latentReads";
import { textActivations } from "../../interp/activations/textActivations";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { ShrinkageSums } from "./shrinkage";

/** A latent is active above this (as OpenAI's training code counts). */
const ACTIVE = 1e-3;
/** Tokens whose rows of the decoder are held at a time. */
const ROWS_AT_ONCE = 128;

/** Counts the latents that codes have not made active. */
export class DeadLatents {
  readonly #seen: Uint8Array;

  constructor(nLatents: number) {
    this.#seen = new Uint8Array(nLatents);
  }

  add({ ids, values }: Pick<HostCodes, "ids" | "values">): void {
    for (const [slot, id] of ids.entries()) {
      if (id < this.#seen.length && (values[slot] ?? 0) > ACTIVE) this.#seen[id] = 1;
    }
  }

  get ids(): Uint32Array {
    return Uint32Array.from([...this.#seen.keys()].filter((id) => this.#seen[id] === 0));
  }
}

export async function saeQuality(
  model: Model,
  sae: Sae,
  { contexts, before }: SaeQualityRequest,
  pauser: Pauser = NEVER_CANCELLED,
): Promise<SaeQualityResult> {
  const [nLatents, dIn] = sae.weights.encoder.shape;
  const dOut = sae.weights.decoder.shape[1];
  const dead = new DeadLatents(nLatents);
  const shrinkage = new ShrinkageSums(dOut);
  let seen = 0;
  const sites = [sae.siteIn, sae.siteOut];
  for await (const { tokens, data } of textActivations(model, sites, contexts, before, pauser)) {
    const [x = new Float32Array(0), y = new Float32Array(0)] = data;
    for (let first = 0; first < tokens; first += ROWS_AT_ONCE) {
      await pauser.pause();
      const part = x.slice(first * dIn, (first + ROWS_AT_ONCE) * dIn);
      const codes = await readCodes(model, sae, part);
      const empty = await emptyOutput(model, sae, part);
      const active = await activeRows(model, sae, codes);
      dead.add(codes);
      for (let row = 0; row * dIn < part.length; row++) {
        const scale = outputScale(sae.weights.input, part.subarray(row * dIn, (row + 1) * dIn));
        shrinkage.add({
          output: y.subarray((first + row) * dOut, (first + row + 1) * dOut),
          empty: empty.subarray(row * dOut, (row + 1) * dOut),
          ...active(row, scale),
        });
      }
    }
    seen += tokens;
  }
  if (seen === 0) throw new VitrineError("Unsupported", "There is no token to judge by; give some text.");
  return { shrinkage: shrinkage.result, dead: dead.ids.length, tokens: seen };
}

/** Each row's active values, with their rows of the decoder times a scale. */
async function activeRows(model: Model, sae: Sae, { ids, values, width }: HostCodes) {
  const [nLatents, dOut] = sae.weights.decoder.shape;
  const used = Uint32Array.from(new Set([...ids].filter((id) => id < nLatents)));
  const rows = used.length > 0 ? await decoderRows(model, sae, used) : new Float32Array(0);
  const placeOf = new Map([...used].map((id, place) => [id, place]));
  return (row: number, scale: number) => {
    const slots = Array.from({ length: width }, (_, slot) => row * width + slot);
    const active = slots.filter((slot) => placeOf.has(ids[slot] ?? nLatents) && (values[slot] ?? 0) > 0);
    return {
      values: active.map((slot) => values[slot] ?? 0),
      directions: active.map((slot) => {
        const place = placeOf.get(ids[slot] ?? nLatents) ?? 0;
        return Float64Array.from(rows.subarray(place * dOut, (place + 1) * dOut), (value) => value * scale);
      }),
    };
  };
}
