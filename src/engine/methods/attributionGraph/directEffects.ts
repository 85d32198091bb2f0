/**
 * What every source adds to some targets directly, in the model made linear at the prompt:
 *
 *   1. a target is a scalar: the centred logit at the logits, a latent's pre-activation at its input site
 *   2. back from all of them at once: patterns and scales of norms held constant, the way cut at every site that a dictionary
 *      writes
 *   3. token: embeddings · cotangent; latent: amount · decoder row · cotangent, over all sites that it writes before the
 *      target; error: error · cotangent
 */
import type { FrozenPart, GradientAlarm, Scalar } from "../../../protocol/gradients/gradients";
import type { Site } from "../../../protocol/sites";
import { gradients } from "../../interp/gradients/gradients";
import type { Model } from "../../models/model";
import { readDirection, writtenBy, type LatentSource, type ReadPrompt, type Source } from "./dictionaries";

export const FROZEN: readonly FrozenPart[] = ["patterns", "scales"];

export interface Target {
  readonly scalar: Scalar;
  /** Where it is read. */
  readonly site: Site;
  /** Sources of an earlier place in the forward pass may act on it. */
  readonly stage: number;
}

export interface TargetRow {
  /** [source]. */
  readonly effects: Float32Array;
  /** The scalar in the model: the sum of all effects, and what biases add. */
  readonly value: number;
  readonly alarm: GradientAlarm["kind"] | undefined;
}

/** The logit of a token less the mean of all. */
export function logitTarget({ position, logits }: ReadPrompt, token: number): Target {
  const values = new Float32Array(logits.length).fill(-1 / logits.length);
  values[token] = (values[token] ?? 0) + 1;
  const term = { kind: "site", site: "logits", row: 0, position, values } as const;
  return { scalar: [term], site: "logits", stage: Infinity };
}

export function latentTarget({ inputs }: ReadPrompt, source: LatentSource): Target {
  const { dictionary, row, position, stage } = source;
  const { siteIn: site, weights, description } = dictionary.sae;
  const { dIn } = description;
  const x = inputs.get(site)?.subarray(position * dIn, (position + 1) * dIn) ?? new Float32Array(dIn);
  const encoder = dictionary.encoder.subarray(row * dIn, (row + 1) * dIn);
  const values = readDirection(weights.input, encoder, x);
  return { scalar: [{ kind: "site", site, row: 0, position, values }], site, stage };
}

export async function directEffects(
  model: Model,
  read: ReadPrompt,
  targets: readonly Target[],
): Promise<TargetRow[]> {
  const tokens = [...read.embeddings.keys()];
  const sites = [...tokens, ...read.dictionaries.map(({ sae }) => sae.siteOut)];
  const found = await gradients(model, {
    ...{ rows: [read.prompt], scalars: targets.map(({ scalar }) => scalar), sites },
    ...{ frozen: FROZEN, cuts: read.cuts },
  });
  const cotangents = targets.map(() => new Map<Site, Float32Array>());
  for (const { scalar, site, data } of found.gradients) cotangents[scalar]?.set(site, data);
  return targets.map((target, scalar) => {
    const own = cotangents[scalar] ?? new Map<Site, Float32Array>();
    const alarms = found.alarms.filter((alarm) => alarm.scalar === scalar);
    const before = read.dictionaries.filter(({ writes }) => writes < target.stage).length + tokens.length;
    const isLost = alarms.filter(({ kind }) => kind === "allZero").length === sites.length && before > 0;
    const isBad = alarms.some(({ kind }) => kind === "notFinite");
    return {
      effects: effectsOf(read, target, own),
      value: found.values[scalar] ?? NaN,
      alarm: isBad ? "notFinite" : isLost ? "allZero" : undefined,
    };
  });
}

function effectsOf(
  read: ReadPrompt,
  target: Target,
  cotangents: ReadonlyMap<Site, Float32Array>,
): Float32Array {
  const effects = new Float32Array(read.sources.length);
  const tokens = [...read.embeddings].map(([site, values]) => ({ values, toward: cotangents.get(site) }));
  read.sources.forEach((source, i) => {
    if (source.stage >= target.stage) return;
    effects[i] =
      source.kind === "token"
        ? tokens.reduce(
            (sum, { values, toward }) => sum + tokenEffect(source.position, read, values, toward),
            0,
          )
        : writtenEffect(source, target, cotangents);
  });
  return effects;
}

function tokenEffect(
  position: number,
  { position: last }: ReadPrompt,
  values: Float32Array,
  toward: Float32Array | undefined,
): number {
  const width = values.length / (last + 1);
  return toward ? dot(values, position * width, toward, position * width, width) : 0;
}

function writtenEffect(
  source: Exclude<Source, { readonly kind: "token" }>,
  target: Target,
  cotangents: ReadonlyMap<Site, Float32Array>,
): number {
  const { dictionary, position } = source;
  const { dOut } = dictionary.sae.description;
  if (source.kind === "error") {
    const toward = cotangents.get(dictionary.sae.siteOut);
    if (!toward || dictionary.writes >= target.stage) return 0;
    return dot(source.values, 0, toward, position * dOut, dOut);
  }
  let sum = 0;
  for (const { site, stage, decoder } of writtenBy(dictionary)) {
    const toward = stage < target.stage ? cotangents.get(site) : undefined;
    if (toward) sum += dot(decoder, source.row * dOut, toward, position * dOut, dOut);
  }
  return source.amount * sum;
}

function dot(a: Float32Array, fromA: number, b: Float32Array, fromB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[fromA + i] ?? 0) * (b[fromB + i] ?? 0);
  return sum;
}
