/** Autoencoders on the CPU device: every variant against slow arithmetic, batches, prefixes, fewer slots, precision. */
import { beforeAll, describe, expect, it } from "vitest";
import { createCpuDevice } from "../device/cpu";
import { TensorMemory } from "../device/tensor";
import { noise } from "../kernels/case";
import { differences, sortedTop } from "../kernels/topKSelect/hardRows.samples";
import { linear } from "./linear";
import { saeDecode, saeEncodeDense, saeEncodeTopK } from "./sae";
import { randomSae, slowPass, uploadSae } from "./sae.samples";
import { checkVariant, readFloats, readIds, VARIANTS } from "./saeChecks.samples";
import { selectTop } from "./select";

let memory: TensorMemory;
beforeAll(async () => {
  memory = new TensorMemory(await createCpuDevice());
});

describe.each(VARIANTS)("%s", (...variant) => {
  it.each([1, 6, 70])("encodes and decodes %i rows", async (rows) => {
    await checkVariant(memory.device, variant, rows);
  });
});

it("selects the same in batches as at once", async () => {
  // 64 MiB hold 64 rows of 262,144 pre-activations.
  const plain = randomSae({ dIn: 3, dOut: 2, nLatents: 262_144 }, "topk", { k: 5 });
  const sae = uploadSae(memory.device, plain);
  const rows = 131;
  const x = memory.from(noise(rows * 3, 5), [rows, 3], "x");
  const code = saeEncodeTopK(memory, sae, x);
  const whole = selectTop(memory, saeEncodeDense(memory, sae, x).latents, 5, true);
  expect(await readIds(memory, code.ids)).toEqual(await readIds(memory, whole.ids));
  expect(await readFloats(memory, code.values)).toEqual(await readFloats(memory, whole.values));
});

it("merges the parts of a row exactly", async () => {
  const [rows, cols, k] = [7, 3001, 20];
  const x = noise(rows * cols, 6, 30).map(Math.round);
  const tensor = memory.from(x, [rows, cols], "x");
  for (const positiveOnly of [false, true]) {
    const { ids, values } = selectTop(memory, tensor, k, positiveOnly, undefined, 5);
    const found = { ids: await readIds(memory, ids), values: await readFloats(memory, values) };
    expect(differences(found, sortedTop(x, rows, k, Number(positiveOnly)))).toEqual([]);
  }
});

it("decodes with fewer slots as with a smaller k, and a prefix as with the latents behind it at 0", async () => {
  const shape = { dIn: 20, dOut: 24, nLatents: 200 };
  const plain = randomSae(shape, "topk", { k: 30 });
  const sae = uploadSae(memory.device, plain, "f32", 64);
  const x = memory.from(noise(4 * 20, 7), [4, 20], "x");
  const code = saeEncodeTopK(memory, sae, x);
  const few = await readFloats(memory, saeDecode(memory, sae, code, { used: 3 }));
  expect(few).toEqual(await readFloats(memory, saeDecode(memory, sae, saeEncodeTopK(memory, sae, x, 3))));

  const zeroed = uploadSae(memory.device, { ...plain, decoder: plain.decoder.slice().fill(0, 100 * 24) });
  const prefix = await readFloats(memory, saeDecode(memory, sae, code, { prefix: 100 }));
  const expected = await readFloats(memory, saeDecode(memory, zeroed, code));
  prefix.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  const none = await readFloats(memory, saeDecode(memory, sae, code, { prefix: 0 }));
  expect(none.subarray(0, 24)).toEqual(plain.decoderBias);
});

it("reconstructs a sum of few orthonormal latents exactly", async () => {
  // Hadamard rows: orthonormal, tied, no biases.
  const d = 64;
  const rows = Float32Array.from({ length: d * d }, (_, i) => {
    const bits = (Math.floor(i / d) & (i % d)).toString(2).replaceAll("0", "");
    return (bits.length % 2 ? -1 : 1) / 8;
  });
  const plain = randomSae({ dIn: d, dOut: d, nLatents: d }, "topk", { k: 4 });
  const zeros = new Float32Array(d);
  const tied = { ...plain, encoder: rows, decoder: rows, encoderBias: zeros, decoderBias: zeros };
  const sae = uploadSae(memory.device, tied);
  const x = zeros.map((_, c) => [3, 17, 40, 63].reduce((sum, l, n) => sum + (n + 1) * rows[l * d + c]!, 0));
  const code = saeEncodeTopK(memory, sae, memory.from(x, [1, d], "x"));
  expect([...(await readIds(memory, code.ids))]).toEqual([63, 40, 17, 3]);
  expect([...(await readFloats(memory, code.values))]).toEqual([4, 3, 2, 1]);
  expect(await readFloats(memory, saeDecode(memory, sae, code))).toEqual(x);
});

it("keeps the digits that folding the input bias into the encoder's would lose", async () => {
  // A residual stream: a mean some thousand times what varies, in a few directions.
  const shape = { dIn: 768, dOut: 8, nLatents: 512 };
  const plain = randomSae(shape, "topk", { k: 1 });
  const inputBias = noise(768, 31).map((value, i) => (i % 96 === 0 ? 3000 : 1) * value);
  const x = inputBias.map((value, i) => value + noise(768, 32)[i]!);
  const sae = uploadSae(memory.device, { ...plain, inputBias });
  const input = memory.from(x, [1, 768], "x");
  const centred = await readFloats(memory, saeEncodeDense(memory, sae, input).latents);
  const folded = plain.encoderBias.map((bias, l) =>
    inputBias.reduce((sum, value, i) => sum - value * plain.encoder[l * 768 + i]!, bias),
  );
  const buffer = memory.device.allocate(folded.byteLength, "folded");
  memory.device.write(buffer, folded);
  const product = await readFloats(memory, linear(memory, input, sae.encoder, { buffer, size: 512 }));
  const exact = Array.from({ length: 512 }, (_, l) =>
    x.reduce(
      (sum, value, i) => sum + (value - inputBias[i]!) * plain.encoder[l * 768 + i]!,
      plain.encoderBias[l]!,
    ),
  );
  const worst = (values: Float32Array) => Math.max(...exact.map((value, l) => Math.abs(values[l]! - value)));
  console.info(
    `largest error: centred ${worst(centred).toExponential(1)}, folded ${worst(product).toExponential(1)}`,
  );
  expect(worst(centred)).toBeLessThan(1e-5);
  expect(worst(product)).toBeGreaterThan(10 * worst(centred));
});

it("refuses what makes no sense", async () => {
  const sae = uploadSae(memory.device, randomSae({ dIn: 4, dOut: 4, nLatents: 9 }, "relu"));
  const x = memory.from(noise(4, 1), [1, 4], "x");
  expect(() => saeEncodeTopK(memory, sae, x)).toThrow("needs a k for a relu autoencoder");
  const code = saeEncodeTopK(memory, sae, x, 2);
  expect(() => saeDecode(memory, sae, code, { x })).toThrow("only a skip transcoder");
  expect(() => selectTop(memory, x, 513, true)).toThrow("a k of 1 to 512");
  expect(slowPass(randomSae({ dIn: 4, dOut: 4, nLatents: 9 }, "relu"), [1, 2, 3, 4]).y).toHaveLength(4);
});
