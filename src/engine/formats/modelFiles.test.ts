/** Recognising a model: what is found, what is missing, and the sentence for it. */
import { describe, expect, it } from "vitest";
import { openModelFiles } from "./modelFiles";
import { writeSafetensors } from "./safetensors";
import { fileFromBytes } from "./bytes/source";

const tensor = (name: string) => writeSafetensors([{ name, shape: [2], data: Float32Array.of(1, 2) }], {});
const CONFIG = { model_type: "gpt2" };

function files(contents: Record<string, Uint8Array<ArrayBuffer> | object>) {
  return Object.entries(contents).map(([name, content]) =>
    fileFromBytes(
      name,
      content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content)),
    ),
  );
}

describe("openModelFiles", () => {
  it("opens config, weights, tokenizer and companions", async () => {
    const found = await openModelFiles(
      files({
        "config.json": CONFIG,
        "model.safetensors": tensor("transformer.wte.weight"),
        "tokenizer.json": { model: {} },
        "tokenizer_config.json": { add_bos_token: true },
        "generation_config.json": { top_k: 5 },
      }),
    );
    expect(found).toMatchObject({
      layout: "huggingface",
      config: CONFIG,
      tokenizerJson: { model: {} },
      tokenizerConfig: { add_bos_token: true },
      generationConfig: { top_k: 5 },
      notes: [],
    });
    expect([...found.tensors.keys()]).toEqual(["transformer.wte.weight"]);
  });

  it("joins the shards that an index names, in order of name", async () => {
    const index = { weight_map: { b: "m-2.safetensors", a: "m-1.safetensors" } };
    const set = files({
      "m-2.safetensors": tensor("b"),
      "model.safetensors.index.json": index,
      "m-1.safetensors": tensor("a"),
      "config.json": CONFIG,
    });
    const { weightFiles, tensors } = await openModelFiles(set);
    expect(weightFiles.map(({ name }) => name)).toEqual(["m-1.safetensors", "m-2.safetensors"]);
    expect(tensors.get("b")?.file.name).toBe("m-2.safetensors");
    await expect(openModelFiles(set.slice(1))).rejects.toThrow(/m-2\.safetensors not found/);
  });

  it("never takes the configs of autoencoders in folders of their own for the model's", async () => {
    const inner = {
      "m/saes/trainer_0/config.json": { trainer: {} },
      "m/saes/trainer_0/ae.pt": { not: "read" },
      "m/saes/trainer_1/config.json": { trainer: {} },
      "m/saes/trainer_1/ae.pt": { not: "read" },
    };
    const weights = { "m/model.safetensors": tensor("a") };
    const own = (name: string) => openModelFiles(files({ ...inner, [name]: CONFIG, ...weights }));
    for (const name of ["m/config.json", "m/tiny_config.json", "m/cfg.json"]) {
      expect((await own(name)).config, name).toEqual(CONFIG);
    }
  });

  it("finds a model in a picked folder, nearest to the top", async () => {
    const set = files({
      "gpt2/sae/config.json": { other: 1 },
      "gpt2/config.json": CONFIG,
      "gpt2/model.safetensors": tensor("a"),
    });
    expect((await openModelFiles(set)).config).toEqual(CONFIG);
  });

  it("takes a lone weight file and a config of another name by their content", async () => {
    const set = files({
      "tiny_gpt2_config.json": CONFIG,
      "tiny.safetensors": tensor("a"),
      "tokenizer_config.json": {},
    });
    const found = await openModelFiles(set);
    expect(found.config).toEqual(CONFIG);
    expect(found.notes).toEqual([expect.stringContaining("tokenizer.json not found")]);
  });

  it.each([
    ["nothing", {}, /config\.json not found among nothing/],
    ["no config", { "model.safetensors": tensor("a") }, /config\.json not found beside model\.safetensors/],
    ["no weights", { "config.json": CONFIG }, /model\.safetensors not found/],
    [
      "two weights",
      { "config.json": CONFIG, "a.safetensors": tensor("a"), "b.safetensors": tensor("b") },
      /There are 2/,
    ],
    ["config of another kind", { "config.json": [1] }, /no JSON object/],
    ["two models", { "a/config.json": CONFIG, "b/config.json": CONFIG }, /more than once/],
    ["an index without a map", { "config.json": CONFIG, "model.safetensors.index.json": {} }, /weight_map/],
  ])("says what is wrong: %s", async (_, contents, message) => {
    const opening = openModelFiles(files(contents));
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toMatchObject({ name: "BadFile" });
  });

  it("refuses a tensor that two shards hold", async () => {
    const index = { weight_map: { a: "1.safetensors", b: "2.safetensors" } };
    const set = files({
      "config.json": CONFIG,
      "model.safetensors.index.json": index,
      "1.safetensors": tensor("a"),
      "2.safetensors": tensor("a"),
    });
    await expect(openModelFiles(set)).rejects.toThrow(/Tensor a is in both/);
  });
});
