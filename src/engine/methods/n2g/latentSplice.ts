/**
 * The model's loss on texts with other values in the place of one latent's own. Everything else stays: where the
 * autoencoder writes, x becomes x + (value′ − value) · decoder row, in the units of x. With the latent's own values
 * nothing changes.
 */
import type { Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import type { Intervention } from "../../../protocol/interventions";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { decoderRows, outputScale } from "../../interp/sae/latentReads";
import { textActivations, textBatches } from "../../interp/activations/textActivations";
import { run } from "../../interp/pass/runRows";

/** A latent on texts: its own values, and what a unit of it is worth, token by token. */
export interface LatentOnTexts {
  readonly values: readonly Float32Array[];
  readonly scales: readonly Float32Array[];
  /** [dOut]. */
  readonly direction: Float32Array;
}

export interface Texts {
  readonly texts: readonly (readonly number[])[];
  readonly before: readonly number[];
}

/** `valuesOf` gives the latent's values in rows of x [rows, dIn]. */
export async function latentOnTexts(
  model: Model,
  sae: Sae,
  latent: number,
  { texts, before }: Texts,
  valuesOf: (x: Float32Array<ArrayBuffer>) => Promise<Float32Array>,
  pauser: Pauser,
): Promise<LatentOnTexts> {
  const dIn = sae.weights.encoder.shape[1];
  const values: Float32Array[] = [];
  const scales: Float32Array[] = [];
  for await (const { lengths, tokens, data } of textActivations(model, [sae.siteIn], texts, before, pauser)) {
    const x = data[0] ?? new Float32Array(0);
    const found = await valuesOf(x);
    const all = Float32Array.from({ length: tokens }, (_, row) =>
      outputScale(sae.weights.input, x.subarray(row * dIn, (row + 1) * dIn)),
    );
    let at = 0;
    for (const length of lengths) {
      values.push(found.slice(at, at + length));
      scales.push(all.slice(at, at + length));
      at += length;
    }
  }
  return { values, scales, direction: await decoderRows(model, sae, Uint32Array.of(latent)) };
}

/** Mean −log p of the texts' next tokens, nats: the first one counts where something is put before it. */
export async function lossWithValues(
  model: Model,
  sae: Sae,
  { texts, before }: Texts,
  own: LatentOnTexts,
  replaced: readonly Float32Array[],
  pauser: Pauser,
): Promise<{ readonly loss: number; readonly n: number }> {
  let sum = 0;
  let n = 0;
  for (const batch of textBatches(texts, before.length)) {
    await pauser.pause();
    const rows = batch.map((index) => {
      const change = changeOf(sae, before.length, own, replaced, index);
      return {
        tokens: [...before, ...(texts[index] ?? [])],
        ...(change ? { interventions: [change] } : {}),
      };
    });
    const score = rows.flatMap(({ tokens }, row) =>
      tokens
        .map((target, position) => ({ row, position: position - 1, target }))
        .slice(Math.max(1, before.length)),
    );
    if (score.length === 0) continue;
    const { scores } = await run(model, { rows, score });
    for (const logProb of scores) sum -= logProb;
    n += scores.length;
  }
  if (n === 0) {
    throw new VitrineError("Unsupported", "A loss needs a text of at least two tokens; give longer texts.");
  }
  return { loss: sum / n, n };
}

function changeOf(
  { siteOut }: Sae,
  start: number,
  { values, scales, direction }: LatentOnTexts,
  replaced: readonly Float32Array[],
  index: number,
): Intervention | undefined {
  const own = values[index] ?? new Float32Array(0);
  const by = own.map((value, i) => ((replaced[index]?.[i] ?? 0) - value) * (scales[index]?.[i] ?? 0));
  const changed = [...by.keys()].filter((i) => by[i] !== 0);
  if (changed.length === 0) return undefined;
  const added = new Float32Array(changed.length * direction.length);
  for (const [row, i] of changed.entries()) {
    added.set(
      direction.map((value) => value * (by[i] ?? 0)),
      row * direction.length,
    );
  }
  return {
    kind: "affine",
    site: siteOut,
    keep: 1,
    values: added,
    valuePositions: changed.map((i) => i + start),
  };
}
