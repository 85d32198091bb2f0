/**
 * What a sparse autoencoder costs beside its encoder's product (B11), what sparse decoding saves (B10), and what the
 * smallest device limits cost (B14).
 *
 *   npm run --silent headless -- --entry bench/sae.ts          the CPU device, in Node
 *   npx vitest run --project bench bench/sae.gpu               both devices, in Chromium
 *
 * The dense decoder is the faster of two: our matrix product over a transposed copy of the decoder, and `denseDecode`.
 */
import type { Device } from "../src/engine/device/device";
import { TensorMemory, type Tensor } from "../src/engine/device/tensor";
import { noise } from "../src/random/noise";
import { linear } from "../src/engine/ops/linear";
import { saeDecode, saeDecodeDense, saeEncodeTopK } from "../src/engine/ops/sae";
import { freeSae, type SaeWeights } from "../src/engine/ops/saeWeights";
import { allocateMatrix, writeMatrixRows, type Matrix, type Vector } from "../src/engine/ops/weights";
import { paired, pairedLine, type Paired } from "./paired";

const D = 768;
const K = 32;

export interface SaeBench {
  readonly line: string;
  readonly result: Paired;
}

function vector(device: Device, values: Float32Array<ArrayBuffer>, label: string): Vector {
  const buffer = device.allocate(values.byteLength, label);
  device.write(buffer, values);
  return { buffer, size: values.length };
}

function randomMatrix(device: Device, name: string, rows: number, cols: number): Matrix {
  const matrix = allocateMatrix(device, name, [rows, cols], "f32");
  const step = Math.max(1, Math.floor(2 ** 21 / cols));
  for (let first = 0; first < rows; first += step) {
    const count = Math.min(step, rows - first);
    writeMatrixRows(device, matrix, first, noise(count * cols, first + 1, 1 / Math.sqrt(cols)));
  }
  return matrix;
}

/** A TopK autoencoder of residual size 768, encoder and decoder the same weights. */
function randomSae(device: Device, nLatents: number): SaeWeights {
  const weights = randomMatrix(device, "encoder and decoder", nLatents, D);
  const bias = vector(device, noise(D, 3, 0.3), "bias");
  return {
    encoder: weights,
    encoderBias: vector(device, noise(nLatents, 4, 0.1), "encoderBias"),
    decoder: weights,
    decoderBias: bias,
    inputBias: bias,
    input: { scheme: "none" },
    activation: { kind: "topk", k: K },
  };
}

/** Runs in a scope and waits for it: one number is read back. */
function waited(memory: TensorMemory, body: () => Tensor): () => Promise<void> {
  return async () => {
    const result = memory.scope(body);
    await memory.device.read([{ buffer: result.buffer, offsetBytes: 0, sizeBytes: 4 }]);
    memory.release(result);
  };
}

/** B10: dense ÷ sparse decoding of 16,384 latents, 32 of them active. */
export async function decodeGain(device: Device, rows: number, rounds: number): Promise<SaeBench> {
  const memory = new TensorMemory(device);
  const nLatents = 16_384;
  const sae = randomSae(device, nLatents);
  const code = saeEncodeTopK(memory, sae, memory.from(noise(rows * D, 5), [rows, D], "x"));
  const slices = [code.ids, code.values].map(({ buffer, size }) => ({
    ...{ buffer, offsetBytes: 0, sizeBytes: size * 4 },
  }));
  const [ids = new ArrayBuffer(0), values = new ArrayBuffer(0)] = await device.read(slices);
  const dense = new Float32Array(rows * nLatents);
  const strengths = new Float32Array(values);
  new Uint32Array(ids).forEach((id, i) => {
    if (id < nLatents) dense[Math.floor(i / K) * nLatents + id] = strengths[i] ?? 0;
  });
  const latents = memory.from(dense, [rows, nLatents], "latents");
  const transposed = randomMatrix(device, "decoder, transposed", D, nLatents);
  const sparse = waited(memory, () => saeDecode(memory, sae, code));
  const product = await paired(
    waited(memory, () => linear(memory, latents, transposed, sae.decoderBias)),
    sparse,
    rounds,
  );
  // On the CPU device it passes over zeros: it is dense in what it reads of the latents only, and no peer.
  const tiled =
    device.kind === "cpu"
      ? undefined
      : await paired(
          waited(memory, () => saeDecodeDense(memory, sae, { latents })),
          sparse,
          rounds,
        );
  const result = tiled && tiled.ratio < product.ratio ? tiled : product;
  freeSae(device, { ...sae, skip: transposed });
  const title = `B10 sparse decode, ${device.label}, ${rows} rows, ${nLatents} latents, k ${K}`;
  return { result, line: pairedLine(title, ["dense", "sparse"], result) };
}

/** B11: the encoder's product alone ÷ encode, TopK and decode. */
export async function encodeShare(
  device: Device,
  rows: number,
  nLatents: number,
  rounds: number,
): Promise<SaeBench> {
  const memory = new TensorMemory(device);
  const sae = randomSae(device, nLatents);
  const x = memory.from(noise(rows * D, 5), [rows, D], "x");
  const result = await paired(
    waited(memory, () => linear(memory, x, sae.encoder, sae.encoderBias)),
    waited(memory, () => saeDecode(memory, sae, saeEncodeTopK(memory, sae, x))),
    rounds,
  );
  freeSae(device, sae);
  const title = `B11 SAE overhead, ${device.label}, ${rows} rows, ${nLatents} latents, k ${K}`;
  return { result, line: pairedLine(title, ["encoder's product", "whole pass"], result) };
}

/** B14: the whole pass at the limits that every device has ÷ at this adapter's own, 65,536 latents. */
export async function limitsCost(
  least: Device,
  own: Device,
  rows: number,
  rounds: number,
): Promise<SaeBench> {
  const pass = (device: Device) => {
    const memory = new TensorMemory(device);
    const sae = randomSae(device, 65_536);
    const x = memory.from(noise(rows * D, 5), [rows, D], "x");
    return {
      chunks: sae.encoder.chunks.length,
      run: waited(memory, () => saeDecode(memory, sae, saeEncodeTopK(memory, sae, x))),
    };
  };
  const [small, large] = [pass(least), pass(own)];
  const result = await paired(small.run, large.run, rounds);
  const title = `B14 default limits, ${own.label}, ${rows} rows, 65536 latents, ${small.chunks} and ${large.chunks} chunks`;
  return { result, line: pairedLine(title, ["default limits", "own limits"], result) };
}

export async function main(): Promise<void> {
  // Not above: a browser has other ways to a device.
  const { createCpuDevice } = await import("../src/engine/device/cpu");
  const device = await createCpuDevice();
  for (const rows of [1, 16, 64]) console.log((await decodeGain(device, rows, 9)).line);
  for (const rows of [1, 16, 64]) console.log((await encodeShare(device, rows, 16_384, 9)).line);
}
