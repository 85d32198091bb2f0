/** What must hold for every variant of autoencoder on any device: the tests of both devices run these. */
import { expect } from "vitest";
import type { Device } from "../device/device";
import { TensorMemory, type Tensor } from "../device/tensor";
import { noise } from "../kernels/case";
import { saeDecode, saeDecodeDense, saeEncodeDense, saeEncodeTopK } from "./sae";
import { randomSae, slowPass, uploadSae, type PlainSae } from "./sae.samples";
import { freeSae } from "./saeWeights";
import { compactLatents } from "./select";

export const VARIANTS: readonly (readonly [
  string,
  Parameters<typeof randomSae>[1],
  Parameters<typeof randomSae>[2],
])[] = [
  ["TopK", "topk", { inputBias: true }],
  ["TopK in f16", "topk", { inputBias: true, precision: "f16" }],
  ["TopK on normalised rows", "topk", { inputBias: true, input: { scheme: "layerNorm", eps: 1e-5 } }],
  ["TopK skip transcoder", "topk", { skip: true }],
  [
    "BatchTopK on rescaled rows",
    "batchtopk",
    { input: { scheme: "rescale", factor: 0.37 }, inputBias: true },
  ],
  ["JumpReLU in f16", "jumprelu", { precision: "f16" }],
  ["ReLU on rows of unit mean square", "relu", { input: { scheme: "unitMeanSquare" } }],
  ["gated", "gated", { inputBias: true }],
];

const SHAPE = { dIn: 37, dOut: 41, nLatents: 300 };

export async function readFloats(memory: TensorMemory, tensor: Tensor): Promise<Float32Array> {
  const slice = { buffer: tensor.buffer, offsetBytes: 0, sizeBytes: tensor.size * 4 };
  const [data] = await memory.device.read([slice]);
  return new Float32Array(data!);
}

export async function readIds(memory: TensorMemory, tensor: Tensor): Promise<Uint32Array> {
  return new Uint32Array((await readFloats(memory, tensor)).buffer);
}

/** Largest |a - b|, NaN counted as infinite. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(b, (value, i) => Math.abs(a[i]! - value)).reduce(
    (most, d) => (d <= most ? most : Number.isNaN(d) ? Infinity : d),
    0,
  );
}

/** Encodes and decodes some rows, whole and in chunks of 128 latents, against the slow arithmetic. */
export async function checkVariant(
  device: Device,
  [, kind, options]: (typeof VARIANTS)[number],
  rows: number,
): Promise<void> {
  const memory = new TensorMemory(device);
  const plain = randomSae(SHAPE, kind, options);
  const x = noise(rows * SHAPE.dIn, 21, 2);
  const slow = Array.from({ length: rows }, (_, r) =>
    slowPass(plain, [...x.subarray(r * SHAPE.dIn, (r + 1) * SHAPE.dIn)]),
  );
  const latents = slow.flatMap((row) => row.latents);
  const y = slow.flatMap((row) => row.y);
  for (const rowsPerChunk of [Infinity, 128]) {
    const sae = uploadSae(device, plain, options?.precision ?? "f32", rowsPerChunk);
    const input = memory.from(x, [rows, SHAPE.dIn], "x");
    const skipped = plain.skip ? { x: input } : {};
    if (kind === "topk") {
      const code = saeEncodeTopK(memory, sae, input);
      expect(distance(await spread(memory, code.ids, code.values, plain), latents)).toBeLessThan(1e-4);
      expect(distance(await readFloats(memory, saeDecode(memory, sae, code, skipped)), y)).toBeLessThan(1e-4);
    } else {
      const dense = saeEncodeDense(memory, sae, input);
      expect(distance(await readFloats(memory, dense.latents), latents)).toBeLessThan(1e-4);
      const code = { ...compactLatents(memory, dense.latents, SHAPE.nLatents), ...dense };
      expect(distance(await spread(memory, code.ids, code.values, plain), latents)).toBeLessThan(1e-4);
      expect(distance(await readFloats(memory, saeDecode(memory, sae, code, skipped)), y)).toBeLessThan(1e-4);
      expect(distance(await readFloats(memory, saeDecodeDense(memory, sae, dense, skipped)), y)).toBeLessThan(
        1e-4,
      );
    }
    freeSae(device, sae);
  }
}

/** A code as dense latents. */
async function spread(
  memory: TensorMemory,
  ids: Tensor,
  values: Tensor,
  { nLatents }: PlainSae,
): Promise<Float32Array> {
  const [rows = 0, width = 0] = ids.shape;
  const [list, strengths] = [await readIds(memory, ids), await readFloats(memory, values)];
  const dense = new Float32Array(rows * nLatents);
  list.forEach((id, i) => {
    if (id !== 0xffffffff) dense[Math.floor(i / width) * nLatents + id] = strengths[i]!;
  });
  return dense;
}
