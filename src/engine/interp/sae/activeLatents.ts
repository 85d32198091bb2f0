/** Which latents are active at some positions of a run. */
import { NO_LATENT } from "../../../protocol/sae/features";
import type { ResolvedPrompt } from "../interventions/index";
import { ActivationCache } from "../activations/activationCache";
import type { LatentAt } from "./latentAblation";
import { outputScale, readCodes } from "./latentReads";
import { readBack } from "../pass/readBack";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";

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
  /** What the final norm divides by at the read position; 1 without one. */
  readonly scale: number;
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
  readAt: number,
): Promise<ActiveLatents> {
  const { memory } = model;
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
    return { candidates, scale: read.scale?.()[0] ?? 1, kept, x, written };
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
