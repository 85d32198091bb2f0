/** GPT-2 against golden runs recorded by an independent implementation (training/golden.py), site by site. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../protocol/cancel";
import { allSites } from "../../protocol/sites";
import { createCpuDevice } from "../device/cpu";
import { openModelFiles } from "../formats/modelFiles";
import { readSafetensorsHeader } from "../formats/safetensors";
import { fileNamed } from "../formats/source";
import { filesFromFolder } from "../formats/sourceNode";
import { readRows } from "../formats/tensorReader";
import { run } from "../interp/run";
import { loadModel } from "./loadModel";

const FOLDER = join(import.meta.dirname, "golden/tinyGpt2");

async function loadTiny(activation: string) {
  const { config, ...rest } = await openModelFiles(
    (await filesFromFolder(FOLDER)).filter(({ name }) => !name.startsWith("golden")),
  );
  const files = { ...rest, config: { ...config, activation_function: activation } };
  return (await loadModel(await createCpuDevice(), files, "f32", NEVER_CANCELLED)).model;
}

async function readGolden(name: string) {
  const file = fileNamed(await filesFromFolder(FOLDER), name)!;
  const { tensors, metadata } = await readSafetensorsHeader(file);
  const sites = new Map<string, { shape: readonly number[]; data: number[] }>();
  for (const entry of tensors) {
    const data: number[] = [];
    for await (const slice of readRows({ file, entry })) data.push(...slice.data);
    sites.set(entry.name, { shape: entry.shape, data });
  }
  return { sites, tokens: JSON.parse(metadata["tokens"]!) as number[] };
}

describe.each([
  ["gelu_new", "golden.safetensors"],
  ["gelu", "goldenExactGelu.safetensors"],
])("GPT-2 with %s", (activation, golden) => {
  it("equals the golden run at every site", async () => {
    const model = await loadTiny(activation);
    const { sites, tokens } = await readGolden(golden);
    const { captures } = await run(model, { rows: [{ tokens }], capture: allSites(model.config.nLayers) });
    expect(captures.map(({ site }) => site).sort()).toEqual([...sites.keys()].sort());
    // In the order of the forward pass: the first site that differs is the bug.
    for (const site of allSites(model.config.nLayers)) {
      const { shape, data } = captures.find((capture) => capture.site === site)!;
      const expected = sites.get(site)!;
      expect(shape, site).toEqual(expected.shape);
      const worst = Math.max(
        ...expected.data.map((value, i) => {
          // The recording stores what the causal mask removes as NaN.
          if (Number.isNaN(value)) return data[i] === -Infinity ? 0 : Infinity;
          return Math.abs(value - data[i]!) / Math.max(1, Math.abs(value));
        }),
      );
      expect(worst, site).toBeLessThan(1e-5);
    }
  });
});

describe("GPT-2 configs", () => {
  it.each([
    [{ activation_function: "swiglu" }, /activation_function is "swiglu"; known: gelu, gelu_new/],
    [{ n_head: 5 }, /n_embd 12 is not a multiple of n_head 5/],
    [{ n_layer: -1 }, /n_layer is -1, expected a whole number/],
    [{ vocab_size: "many" }, /vocab_size is "many"/],
  ])("refuses %j with the field and its value", async (change, message) => {
    const files = await openModelFiles(
      (await filesFromFolder(FOLDER)).filter(({ name }) => !name.startsWith("golden")),
    );
    const changed = { ...files, config: { ...files.config, ...change } };
    await expect(loadModel(await createCpuDevice(), changed, "f32", NEVER_CANCELLED)).rejects.toThrow(
      message,
    );
  });
});
