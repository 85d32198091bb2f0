/** Which latents are active at some positions of a run, and along which direction they reach a logit directly. */
import { NO_LATENT, type LatentEffectsRequest } from "../../../protocol/features";
import type { ResolvedPrompt } from "../../interp/interventions/index";
import { ActivationCache } from "../../interp/activations/activationCache";
import type { LatentAt } from "../../interp/sae/latentAblation";
import { outputScale, readCodes } from "../../interp/sae/latentReads";
import { readBack } from "../../interp/pass/readBack";
import { backToSite, residualPath } from "../../interp/weights/residualPath";
import { centred, gained } from "../../interp/weights/directions";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { embedding } from "../../ops/embedding";

export interface Candidate {
  readonly latent: number;
  /** Its largest value over the positions, and where. */
  readonly value: number;
  readonly position: number;
  /** Where it is active. */
  readonly at: readonly LatentAt[];
  /** value · scale at the read position; undefined where it is not active there. */
  readonly atRead: number | undefined;
}

export interface ActiveLatents {
  readonly candidates: Candidate[];
  /** In the units of the output site; undefined where it has no linear way to the stream. */
  readonly direction: Float32Array | undefined;
  /** The positions that x and written have rows of: those asked, and the read one. */
  readonly kept: readonly number[];
  /** What is read [kept, dIn] and what the output site holds [kept, dOut]. */
  readonly x: Float32Array<ArrayBuffer>;
  readonly written: Float32Array<ArrayBuffer>;
}

/** One pass. */
export async function readActive(
  model: Model,
  sae: Sae,
  prompt: ResolvedPrompt,
  positions: readonly number[],
  request: Pick<LatentEffectsRequest, "readAt" | "target" | "minus">,
): Promise<ActiveLatents> {
  const { memory } = model;
  const { readAt } = request;
  const kept = [...new Set([...positions, readAt])];
  const pass = ActivationCache.ofPrompt(model, prompt, kept, [...new Set([sae.siteIn, sae.siteOut])]);
  try {
    const read = await readBack(memory, (back) => {
      const { scale } = pass.unembedded([readAt]);
      const [x, written] = [sae.siteIn, sae.siteOut].map((site) => back.borrowed(pass.tensor(site)));
      return { x, written, scale: scale && back.tensor(scale) };
    });
    const [x, written] = [read.x?.() ?? new Float32Array(), read.written?.() ?? new Float32Array()];
    const candidates = await activeLatents(model, sae, x, kept, new Set(positions), readAt);
    const way = residualPath(model, sae.siteOut);
    // A norm on the way has a scale of its own.
    const direction =
      way && !way.norm
        ? await backToSite(model, way, await logitDirection(model, request, read.scale?.()[0] ?? 1))
        : undefined;
    return { candidates, direction, kept, x, written };
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
  { target, minus }: Pick<LatentEffectsRequest, "target" | "minus">,
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
