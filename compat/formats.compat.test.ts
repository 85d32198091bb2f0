/** Real safetensors of other makers open, and a sharded model equals the same model in one file. */
import { basename, dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { openModelFiles } from "../src/engine/formats/modelFiles";
import type { StoredTensor } from "../src/engine/formats/storedModel";
import { readSafetensorsHeader } from "../src/engine/formats/safetensors";
import { filesFromFolder } from "../src/engine/formats/bytes/sourceNode";
import { readRows } from "../src/engine/formats/tensorReader";
import { compatPath, isMissing } from "./folder";

async function valuesOf(tensor: StoredTensor): Promise<number[]> {
  const values: number[] = [];
  for await (const { data } of readRows(tensor)) values.push(...data);
  return values;
}

const FILES = [
  "stories260K/model.safetensors",
  "gpt_nano_sort/model.safetensors",
  "residual_verify/model.safetensors",
  "residual_verify/sae/sae_weights.safetensors",
  "tiny_archs/tiny_gpt2.safetensors",
  "tiny_archs/tiny_gptneo.safetensors",
  "tiny_archs/tiny_llama.safetensors",
];

describe.skipIf(isMissing("tiny_archs"))("safetensors of others", () => {
  it.each(FILES)("%s", async (path) => {
    const files = await filesFromFolder(compatPath(dirname(path)));
    const file = files.find(({ name }) => name === basename(path))!;
    const { tensors } = await readSafetensorsHeader(file);
    expect(tensors.length).toBeGreaterThan(0);
    for (const entry of tensors) {
      const values = await valuesOf({ file, entry });
      expect(values).toHaveLength(entry.shape.reduce((product, n) => product * n, 1));
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  it.each([
    ["stories260K", true],
    ["gpt_nano_sort", false],
  ])("opens %s whole, and says whether its tokenizer is there", async (folder, hasTokenizer) => {
    const model = await openModelFiles(await filesFromFolder(compatPath(folder)));
    expect(model.tensors.size).toBeGreaterThan(0);
    expect(model.tokenizerJson !== undefined).toBe(hasTokenizer);
    expect(model.notes).toHaveLength(hasTokenizer ? 0 : 1);
  });

  it("reads shards as it reads the single file", async () => {
    const files = await filesFromFolder(compatPath("tiny_archs"));
    const config = files.filter(({ name }) => name === "tiny_llama_config.json");
    const shards = files.filter(({ name }) => /tiny_llama(-|\.safetensors\.index)/.test(name));
    const sharded = await openModelFiles([...config, ...shards]);
    const single = await openModelFiles([
      ...config,
      ...files.filter(({ name }) => name === "tiny_llama.safetensors"),
    ]);
    expect(sharded.weightFiles).toHaveLength(2);
    expect([...sharded.tensors.keys()].sort()).toEqual([...single.tensors.keys()].sort());
    for (const [name, tensor] of sharded.tensors) {
      expect(await valuesOf(tensor), name).toEqual(await valuesOf(single.tensors.get(name)!));
    }
  });
});
