/** Autoencoders on a WebGPU adapter at the limits that every device has, up to the largest: 131,072 latents of 768. */
import { beforeAll, expect, it } from "vitest";
import { TensorMemory } from "../device/tensor";
import { sharedWebGpu } from "../device/shared.samples";
import type { WebGpuDevice } from "../device/webgpu";
import { noise } from "../kernels/case";
import { differences, sortedTop } from "../kernels/topKSelect/hardRows.samples";
import { saeDecode, saeEncodeTopK } from "./sae";
import { checkVariant, readFloats, readIds, VARIANTS } from "./saeChecks.samples";
import { freeSae, saeKernels } from "./saeWeights";
import { allocateMatrix, writeMatrixRows } from "./weights";

let device: WebGpuDevice;
let memory: TensorMemory;
beforeAll(async () => {
  device = await sharedWebGpu();
  memory = new TensorMemory(device);
  await device.prepare([...saeKernels("f32"), ...saeKernels("f16")]);
});

it.each(VARIANTS)("encodes and decodes: %s", async (...variant) => {
  await checkVariant(device, variant, 6);
});

it("runs 131,072 latents of 768 in f32 at the default limits", async () => {
  const [nLatents, d, rows, k] = [131_072, 768, 3, 32];
  expect(device.limits.maxBufferBytes).toBe(128 * 2 ** 20);
  // One weight a latent, so that every pre-activation is one product and must be exact.
  const strengths = noise(nLatents, 3, 2);
  const columnOf = (latent: number) => (latent * 37) % d;
  // Tied: encoder and decoder are the same 402 MB.
  const matrix = allocateMatrix(device, "encoder and decoder", [nLatents, d], "f32");
  expect(matrix.chunks).toHaveLength(4);
  const slice = new Float32Array(8192 * d);
  for (let first = 0; first < nLatents; first += 8192) {
    slice.fill(0);
    for (let l = 0; l < 8192; l++) slice[l * d + columnOf(first + l)] = strengths[first + l]!;
    writeMatrixRows(device, matrix, first, slice);
  }
  const decoderBias = { buffer: device.allocate(d * 4, "decoderBias"), size: d };
  device.write(decoderBias.buffer, new Float32Array(d));
  const sae = {
    encoder: matrix,
    decoder: matrix,
    decoderBias,
    input: { scheme: "none" },
    activation: { kind: "topk", k },
  } as const;
  const x = noise(rows * d, 4, 2);
  const code = saeEncodeTopK(memory, sae, memory.from(x, [rows, d], "x"));
  const a = Float32Array.from({ length: rows * nLatents }, (_, i) => {
    const latent = i % nLatents;
    return x[Math.floor(i / nLatents) * d + columnOf(latent)]! * strengths[latent]!;
  });
  const expected = sortedTop(a, rows, k, 1);
  const found = { ids: await readIds(memory, code.ids), values: await readFloats(memory, code.values) };
  expect(differences(found, expected)).toEqual([]);
  const y = new Float32Array(rows * d);
  expected.ids.forEach((latent, n) => {
    y[Math.floor(n / k) * d + columnOf(latent)]! += expected.values[n]! * strengths[latent]!;
  });
  const decoded = await readFloats(memory, saeDecode(memory, sae, code));
  decoded.forEach((value, i) => expect(Math.abs(value - y[i]!)).toBeLessThan(1e-4));
  freeSae(device, sae);
});
