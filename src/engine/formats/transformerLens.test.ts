/** TransformerLens state dicts: known by their tensors' names, with the config that those need. */
import { describe, expect, it } from "vitest";
import { openModelFiles } from "./modelFiles";
import { writeSafetensors } from "./safetensors";
import { fileFromBytes } from "./bytes/source";

const CFG = { n_layers: 1, d_model: 2, d_head: 2, n_heads: 1, n_ctx: 4, d_vocab: 3, act_fn: "relu" };
const NAMES = ["embed.W_E", "blocks.0.attn.W_Q", "blocks.0.attn.mask", "blocks.0.attn.IGNORE"];

const weights = (names: readonly string[]) =>
  writeSafetensors(
    names.map((name) => ({ name, shape: [1], data: Float32Array.of(1) })),
    {},
  );

const open = (configName: string, config: object, names: readonly string[] = NAMES) =>
  openModelFiles([
    fileFromBytes("model.safetensors", weights(names)),
    fileFromBytes(configName, new TextEncoder().encode(JSON.stringify(config))),
  ]);

describe("TransformerLens", () => {
  it.each(["cfg.json", "config.json"])("opens beside %s, without its buffers", async (name) => {
    const { layout, config, tensors } = await open(name, CFG);
    expect(layout).toBe("transformerlens");
    expect(config).toEqual({ ...CFG, model_type: "hooked_transformer" });
    expect([...tensors.keys()]).toEqual(["embed.W_E", "blocks.0.attn.W_Q"]);
  });

  it("leaves other models as they are", async () => {
    const { layout, config } = await open("config.json", { model_type: "gpt2" }, ["wte.weight"]);
    expect([layout, config]).toEqual(["huggingface", { model_type: "gpt2" }]);
  });

  it("names the fields that its config and its tensors lack", async () => {
    const opening = open("config.json", { model_type: "gpt2", d_model: 2, n_layers: 1 });
    await expect(opening).rejects.toThrow(/does not say normalization_type, .*; positional_embedding_type, /);
    await expect(opening).rejects.toMatchObject({ name: "MissingFields" });
  });
});
