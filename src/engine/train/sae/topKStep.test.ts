/** A step on the device against the slow version: losses, and the gradients that the first moments of Adam hold. */
import { beforeAll, describe, expect, it } from "vitest";
import { noise } from "../../../random/noise";
import { createCpuDevice } from "../../device/cpu";
import { TensorMemory } from "../../device/tensor";
import { ADAM, createParameter, type Parameter } from "../../optim/adamW";
import { lossesOf, slopesOf, type ReferenceParameters } from "./topKStepReference";
import { topKStep, type TopKParameters } from "./topKStep";

const [ROWS, D_IN, LATENTS] = [37, 6, 19];

let memory: TensorMemory;
beforeAll(async () => {
  memory = new TensorMemory(await createCpuDevice());
});

const inRows = (values: Float32Array, cols: number) =>
  Array.from({ length: values.length / cols }, (_, r) => [...values.subarray(r * cols, (r + 1) * cols)]);

function unitRows(values: Float32Array<ArrayBuffer>, cols: number): Float32Array<ArrayBuffer> {
  for (let first = 0; first < values.length; first += cols) {
    const row = values.subarray(first, first + cols);
    const length = Math.hypot(...row);
    row.forEach((value, i) => (row[i] = value / length));
  }
  return values;
}

async function read(tensor: Parameter["mean"]): Promise<Float32Array> {
  const slice = { buffer: tensor.buffer, offsetBytes: 0, sizeBytes: 4 * tensor.size };
  return new Float32Array((await memory.device.read([slice]))[0]!);
}

async function takeStep(dOut: number, { dead = false, clip = Infinity } = {}) {
  const isTied = dOut === D_IN;
  const x = noise(ROWS * D_IN, 1, 2);
  const target = isTied ? x : noise(ROWS * dOut, 5, 2);
  const start = {
    encoder: noise(LATENTS * D_IN, 2),
    encoderBias: noise(LATENTS, 3, 0.2),
    decoder: unitRows(noise(LATENTS * dOut, 4), dOut),
    decoderBias: noise(dOut, 6, 0.3),
  };
  const reference: ReferenceParameters = {
    ...{ encoder: inRows(start.encoder, D_IN), encoderBias: [...start.encoderBias] },
    ...{ decoder: inRows(start.decoder, dOut), decoderBias: [...start.decoderBias] },
  };
  // Latents 2, 7 and 11 have been silent for long, and are silent in this batch too: nothing makes them fire.
  const deadLatents = dead ? [2, 7, 11] : [];
  for (const latent of deadLatents) {
    start.encoderBias[latent] = reference.encoderBias[latent] = -0.5;
    for (let c = 0; c < D_IN; c++) {
      start.encoder[latent * D_IN + c]! *= 0.3;
      reference.encoder[latent]![c] = start.encoder[latent * D_IN + c]!;
    }
  }
  const parameters: TopKParameters = {
    encoder: createParameter(memory, start.encoder.slice(), [LATENTS, D_IN]),
    encoderBias: createParameter(memory, start.encoderBias.slice(), [1, LATENTS]),
    decoder: createParameter(memory, start.decoder.slice(), [LATENTS, dOut], "unitRows"),
    decoderBias: createParameter(memory, start.decoderBias.slice(), [1, dOut]),
  };
  const silent = Float64Array.from({ length: LATENTS }, (_, latent) =>
    deadLatents.includes(latent) ? 1000 : 0,
  );
  const how = { k: 4, lossScale: 0.7, auxK: 2, auxWeight: 0.5, isTied };
  const rows = memory.keep(memory.from(x, [ROWS, D_IN], "x"));
  const numbers = await topKStep(
    memory,
    parameters,
    { x: rows, target: isTied ? rows : memory.keep(memory.from(target, [ROWS, dOut], "target")) },
    { step: 1, rate: 1e-3 },
    silent,
    { ...how, deadAfter: 500, clip, adam: ADAM },
  );
  const [xs, targets] = [inRows(x, D_IN), inRows(target, dOut)];
  return { parameters, reference, numbers, silent, xs, targets, how, start, deadLatents };
}

/** What the first step left in the moments is a tenth of the gradient. */
async function gradientOf({ mean }: Parameter): Promise<number[]> {
  return [...(await read(mean))].map((value) => value * 10);
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  const largest = Math.max(...expected.map(Math.abs));
  expect(largest).toBeGreaterThan(0);
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!) / largest).toBeLessThan(1e-4));
}

describe.each([
  ["an autoencoder", 6],
  ["a transcoder", 5],
])("%s", (_, dOut) => {
  it.each([false, true])("goes down the slope of its losses; dead latents: %s", async (dead) => {
    const found = await takeStep(dOut, { dead });
    const how = { ...found.how, ...(dead ? { dead: found.deadLatents } : {}) };
    const { loss, auxLoss } = lossesOf(found.reference, found.xs, found.targets, how);
    expect(found.numbers.loss).toBeCloseTo(loss, 4);
    expect(found.numbers.dead).toBe(found.deadLatents.length);
    if (dead) expect(found.numbers.auxLoss).toBeCloseTo(auxLoss, 4);
    else expect(found.numbers.auxLoss).toBeUndefined();
    const slopes = slopesOf(found.reference, found.xs, found.targets, how);
    expectClose(await gradientOf(found.parameters.encoder), slopes.encoder.flat());
    expectClose(await gradientOf(found.parameters.encoderBias), slopes.encoderBias);
    expectClose(await gradientOf(found.parameters.decoderBias), slopes.decoderBias);
    // Of the decoder what would only lengthen a row was taken off.
    const across = slopes.decoder.map((row, latent) => {
      const own = found.reference.decoder[latent]!;
      const along = row.reduce((sum, value, c) => sum + value * own[c]!, 0);
      return row.map((value, c) => value - along * own[c]!);
    });
    expectClose(await gradientOf(found.parameters.decoder), across.flat());
    const everything = [...slopes.encoder, slopes.encoderBias, ...slopes.decoder, slopes.decoderBias].flat();
    expect(found.numbers.gradientLength / Math.hypot(...everything)).toBeCloseTo(1, 4);
  });
});

it("shortens a gradient that is too long, and keeps decoder rows at length 1", async () => {
  const long = await takeStep(6);
  const clip = long.numbers.gradientLength / 4;
  const { parameters, numbers } = await takeStep(6, { clip });
  expect(numbers.gradientLength).toBeCloseTo(long.numbers.gradientLength, 5);
  const [whole, short] = [await gradientOf(long.parameters.encoder), await gradientOf(parameters.encoder)];
  expectClose(
    short,
    whole.map((value) => value / 4),
  );
  for (const row of inRows(await read(parameters.decoder.value), 6))
    expect(Math.hypot(...row)).toBeCloseTo(1, 5);
});

it("counts for how many rows each latent was silent", async () => {
  const { silent } = await takeStep(6, { dead: true });
  expect([2, 7, 11].map((latent) => silent[latent])).toEqual([1037, 1037, 1037]);
  expect([...silent].filter((rows) => rows === 0).length).toBeGreaterThan(10);
});
