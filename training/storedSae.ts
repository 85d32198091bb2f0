/**
 * A TopK autoencoder or transcoder that ships, read from its files and computed with plain loops in double precision: shares no code with
 * the engine's own reader and kernels, nor with the trainer.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { halfToFloat } from "../src/engine/kernels/half";

export interface StoredSae {
  readonly sha256: string;
  readonly k: number;
  readonly dIn: number;
  readonly nLatents: number;
  readonly encoder: Float64Array;
  readonly decoder: Float64Array;
  readonly encoderBias: Float64Array;
  readonly decoderBias: Float64Array;
  /** Taken off the input; a transcoder has none. */
  readonly inputBias?: Float64Array;
}

interface StoredConfig {
  readonly k: number;
  readonly d_in: number;
  readonly d_sae: number;
  readonly apply_b_dec_to_input: boolean;
}

export function readSae(folder: string): StoredSae {
  const config = JSON.parse(readFileSync(join(folder, "cfg.json"), "utf8")) as StoredConfig;
  const file = readFileSync(join(folder, "sae_weights.safetensors"));
  const headerEnd = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, headerEnd)) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  const tensor = (name: string): Float64Array => {
    const entry = header[name];
    if (entry?.dtype !== "F16") throw new Error(`${folder}: ${name} is ${entry?.dtype}, expected F16`);
    const [start, end] = entry.data_offsets;
    return Float64Array.from({ length: (end - start) / 2 }, (_, i) =>
      halfToFloat(file.readUInt16LE(headerEnd + start + 2 * i)),
    );
  };
  return {
    sha256: createHash("sha256").update(file).digest("hex"),
    ...{ k: config.k, dIn: config.d_in, nLatents: config.d_sae },
    ...{ encoder: tensor("W_enc"), decoder: tensor("W_dec") },
    ...{ encoderBias: tensor("b_enc"), decoderBias: tensor("b_dec") },
    ...(config.apply_b_dec_to_input ? { inputBias: tensor("b_dec") } : {}),
  };
}

/** The active latents of one activation, at most k; of equal ones the lower index. */
export function encode(sae: StoredSae, x: Float32Array): Map<number, number> {
  const pre = sae.encoderBias.slice();
  for (let i = 0; i < sae.dIn; i++) {
    const centred = (x[i] ?? 0) - (sae.inputBias?.[i] ?? 0);
    const row = i * sae.nLatents;
    for (let j = 0; j < sae.nLatents; j++) pre[j] = (pre[j] ?? 0) + centred * (sae.encoder[row + j] ?? 0);
  }
  const order = Array.from(pre, (value, latent) => ({ value, latent }));
  order.sort((a, b) => b.value - a.value || a.latent - b.latent);
  return new Map(
    order
      .slice(0, sae.k)
      .filter(({ value }) => value > 0)
      .map(({ value, latent }) => [latent, value]),
  );
}

export function decode(sae: StoredSae, active: ReadonlyMap<number, number>): Float64Array {
  const out = sae.decoderBias.slice();
  for (const [latent, value] of active)
    for (let i = 0; i < sae.dIn; i++)
      out[i] = (out[i] ?? 0) + value * (sae.decoder[latent * sae.dIn + i] ?? 0);
  return out;
}
