/**
 * Latents of captured activations, on the host: one latent's values, or whole codes; and what a latent adds to the site
 * that the autoencoder writes.
 *
 * Which latents a TopK code keeps depends on all of them. In the other variants each latent stands for itself, so one
 * latent's values are encoded with its row of the encoder alone.
 */
import { NO_LATENT } from "../../../protocol/sae/features";
import type { SaeInputScheme } from "../../../protocol/sae/sae";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { embedding } from "../../ops/embedding";
import { saeDecode, saeEncodeDense } from "../../ops/sae";
import { listed, saeEncode } from "../../ops/saeCode";
import { prefixOf, type SaeWeights } from "../../ops/saeWeights";
import { makeSlots } from "../../ops/select";
import type { Matrix, Vector } from "../../ops/weights";
import { readBack } from "../pass/readBack";

type Floats = Float32Array<ArrayBuffer>;

/** Codes of rows, most slots used first; an unused slot has id NO_LATENT. */
export interface HostCodes {
  /** [rows, width]. */
  readonly ids: Uint32Array;
  readonly values: Float32Array;
  readonly width: number;
}

/** Dense latents that are held at a time. */
const DENSE_BYTES = 64 << 20;
/** Slots that are tried first for a code of unknown size. */
const FIRST_WIDTH = 128;

const bitsOf = (values: Floats) => new Uint32Array(values.buffer);

/** x [rows, dIn] → the latent's value in each row. */
export async function latentValues(model: Model, sae: Sae, x: Floats, latent: number): Promise<Float32Array> {
  const { memory } = model;
  const { weights } = sae;
  const rows = x.length / weights.encoder.shape[1];
  if (weights.activation.kind === "topk") {
    const { ids, values, width } = await readCodes(model, sae, x);
    return Float32Array.from({ length: rows }, (_, row) => {
      const slot = ids.subarray(row * width, (row + 1) * width).indexOf(latent);
      return slot < 0 ? 0 : (values[row * width + slot] ?? 0);
    });
  }
  const later = await readBack(memory, (back) => {
    const input = memory.from(x, [rows, weights.encoder.shape[1]], "latentValues");
    return back.tensor(saeEncodeDense(memory, oneLatent(memory, weights, latent), input).latents);
  });
  return later();
}

/** The autoencoder with no latent but this one; it lives in the open scope, and only encodes. */
function oneLatent(memory: Model["memory"], weights: SaeWeights, latent: number): SaeWeights {
  const chosen = memory.from(Uint32Array.of(latent), [1], "latent");
  const pickRow = (matrix: Matrix): Matrix => ({
    shape: [1, matrix.shape[1]],
    dtype: "f32",
    chunks: [{ buffer: embedding(memory, matrix, chosen).buffer, firstRow: 0, rows: 1 }],
  });
  const pick = ({ buffer, size }: Vector): Vector => {
    const column = { shape: [size, 1], dtype: "f32", chunks: [{ buffer, firstRow: 0, rows: size }] } as const;
    return { buffer: embedding(memory, column, chosen).buffer, size: 1 };
  };
  return {
    ...weights,
    encoder: pickRow(weights.encoder),
    ...(weights.encoderBias ? { encoderBias: pick(weights.encoderBias) } : {}),
    activation: pickActivation(weights.activation, pick),
  };
}

function pickActivation(
  activation: SaeWeights["activation"],
  pick: (vector: Vector) => Vector,
): SaeWeights["activation"] {
  switch (activation.kind) {
    case "jumprelu":
    case "batchtopk":
      return { ...activation, threshold: pick(activation.threshold) };
    case "gated":
      return {
        kind: "gated",
        gateBias: pick(activation.gateBias),
        magnitudeScale: pick(activation.magnitudeScale),
        magnitudeBias: pick(activation.magnitudeBias),
      };
    case "relu":
    case "topk":
      return activation;
  }
}

/** x [rows, dIn] → all active latents of each row. */
export async function readCodes(model: Model, sae: Sae, x: Floats): Promise<HostCodes> {
  const dIn = sae.weights.encoder.shape[1];
  const rows = x.length / dIn;
  const isTopK = sae.weights.activation.kind === "topk";
  const room = Math.min(DENSE_BYTES, model.memory.device.limits.maxBufferBytes);
  const atOnce = isTopK ? rows : Math.max(1, Math.floor(room / (4 * sae.weights.encoder.shape[0])));
  const parts: HostCodes[] = [];
  for (let first = 0; first < rows; first += atOnce) {
    const part = x.slice(first * dIn, (first + atOnce) * dIn);
    parts.push(await codesOfRows(model, sae, part));
  }
  const width = Math.max(0, ...parts.map((part) => part.width));
  const ids = new Uint32Array(rows * width).fill(NO_LATENT);
  const values = new Float32Array(rows * width);
  let row = 0;
  for (const part of parts) {
    for (let i = 0; i < part.ids.length; i += part.width, row++) {
      ids.set(part.ids.subarray(i, i + part.width), row * width);
      values.set(part.values.subarray(i, i + part.width), row * width);
    }
  }
  return { ids, values, width };
}

async function codesOfRows({ memory }: Model, { weights }: Sae, x: Floats): Promise<HostCodes> {
  const [nLatents, dIn] = weights.encoder.shape;
  for (let tried = Math.min(FIRST_WIDTH, nLatents); ;) {
    const room = tried;
    const found = await readBack(memory, (back) => {
      const input = memory.from(x, [x.length / dIn, dIn], "codes");
      const { ids, values, counts } = listed(memory, saeEncode(memory, weights, input), room);
      return {
        ...{ ids: back.tensor(ids), values: back.tensor(values), width: ids.shape[1] ?? 0 },
        counts: counts && back.tensor(counts),
      };
    });
    const { width } = found;
    const most = found.counts ? bitsOf(found.counts()).reduce((a, b) => Math.max(a, b), 0) : 0;
    if (most <= width) return { ids: bitsOf(found.ids()), values: found.values(), width };
    tried = most;
  }
}

/** Rows of the decoder [latents, dOut]. */
export const decoderRows = (model: Model, { weights }: Sae, latents: Uint32Array<ArrayBuffer>) =>
  matrixRows(model, weights.decoder, latents);

/** What latents of a cross-layer transcoder write to later sites [latents, (sites − 1) · dOut]; empty for others. */
export const laterRows = async (
  model: Model,
  { weights }: Sae,
  latents: Uint32Array<ArrayBuffer>,
): Promise<Floats> =>
  weights.laterDecoder ? matrixRows(model, weights.laterDecoder, latents) : new Float32Array();

/** Rows of the encoder [latents, dIn]. */
export const encoderRows = (model: Model, { weights }: Sae, latents: Uint32Array<ArrayBuffer>) =>
  matrixRows(model, weights.encoder, latents);

async function matrixRows(
  { memory }: Model,
  matrix: Matrix,
  chosen: Uint32Array<ArrayBuffer>,
): Promise<Floats> {
  const rows = await readBack(memory, (back) =>
    back.tensor(embedding(memory, matrix, memory.from(chosen, [chosen.length], "latents"))),
  );
  return rows();
}

/** What the autoencoder writes without any latent, in the units of its output: [rows, dOut]. */
export async function emptyOutput({ memory }: Model, { weights }: Sae, x: Floats): Promise<Floats> {
  const dIn = weights.encoder.shape[1];
  const rows = x.length / dIn;
  const later = await readBack(memory, (back) => {
    const input = memory.from(x, [rows, dIn], "emptyOutput");
    const { moments } = saeEncodeDense(memory, oneLatent(memory, weights, 0), input);
    const slots = makeSlots(memory, rows, 1);
    const code = { ...slots, ...(moments ? { moments } : {}) };
    return back.tensor(saeDecode(memory, prefixOf(weights, 0), code, weights.skip ? { x: input } : {}));
  });
  return later();
}

/** What a latent's value · decoder row is multiplied by in a row, in the units of the output. */
export function outputScale(input: SaeInputScheme, row: Float32Array): number {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  switch (input.scheme) {
    case "none":
      return 1;
    case "rescale":
      return 1 / input.factor;
    case "layerNorm":
      return Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (row.length - 1));
    case "unitMeanSquare":
      return Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / row.length);
  }
}
