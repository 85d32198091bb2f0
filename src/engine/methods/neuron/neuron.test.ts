/** Neurons by their weights, against plain f64 loops over the weights on every recorded architecture. */
import { describe, expect, it } from "vitest";
import { createCpuDevice } from "../../device/cpu";
import { GOLDEN_RUNS, loadChanged, openFolder } from "../../models/golden.samples";
import { randomGpt2 } from "../../models/randomModel";
import { neuron } from "./neuron";
import {
  apply,
  dot,
  expectExtremes,
  normalised,
  numbers,
  rows,
} from "../../interp/weights/directions.samples";

describe.each(GOLDEN_RUNS)("%s %j", (folder, change) => {
  it("is what its weights say", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const weightMap = model.architecture.weightMap(model.config);
    const { layers, embed, embedScale, embedNorm, finalNorm, unembed, indirect } = weightMap;
    const { mlp } = layers[1]!;
    const request = { layer: 1, neuron: 5, k: 4 };
    if (!mlp) return expect(neuron(model, request)).rejects.toThrow(/attention only/);
    if (indirect) return expect(neuron(model, request)).rejects.toThrow(indirect);
    const result = await neuron(model, request);

    const output = (await rows(model, mlp.out)).map((row) => row[5]!);
    const written = await apply(model, finalNorm, await apply(model, mlp.postNorm, output));
    const effects = (await rows(model, unembed)).map((row) => dot(row, written));
    expectExtremes(result.promotes, effects, 1);
    expectExtremes(result.suppresses, effects, -1);

    const inputName = mlp.gate ?? mlp.in;
    const input = (await rows(model, inputName))[5]!;
    const products: number[] = [];
    for (const row of await rows(model, embed)) {
      const token = await normalised(model, embedNorm, row);
      products.push(
        dot(
          input,
          await apply(
            model,
            mlp.norm,
            token.map((x) => x * embedScale),
          ),
        ),
      );
    }
    expectExtremes(result.readsMost, products, 1);
    expectExtremes(result.readsLeast, products, -1);
    expect(result.inputNorm).toBeCloseTo(Math.hypot(...input), 4);
    expect(result.outputNorm).toBeCloseTo(Math.hypot(...output), 4);
    expect(result.inputBias).toBeCloseTo((await numbers(model, `${inputName}.bias`))[5] ?? 0, 6);
    return undefined;
  });
});

it("refuses layers and neurons that are not there", async () => {
  const model = randomGpt2(await createCpuDevice());
  await expect(neuron(model, { layer: 2, neuron: 0, k: 1 })).rejects.toThrow(/layers 0 to 1/);
  await expect(neuron(model, { layer: 0, neuron: 32, k: 1 })).rejects.toThrow(/neurons 0 to 31/);
});

it("names a token as raised or as lowered, never as both, whatever the vocabulary", async () => {
  const model = randomGpt2(await createCpuDevice());
  const { promotes, suppresses, readsMost } = await neuron(model, { layer: 0, neuron: 31, k: 99 });
  expect(promotes.values.length).toBeGreaterThan(0);
  expect(promotes.values.every((value) => value > 0)).toBe(true);
  expect(suppresses.values.every((value) => value < 0)).toBe(true);
  expect(new Set([...promotes.ids, ...suppresses.ids]).size).toBe(13);
  expect(readsMost.ids).toHaveLength(13);
});
