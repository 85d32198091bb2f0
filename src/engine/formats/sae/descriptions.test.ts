/** What an autoencoder's files say of it: sites, model, settings, notes. */
import { describe, expect, it } from "vitest";
import { readSae } from "./findSaes";
import {
  DICTIONARIES,
  dictionaryLearning,
  gemmaScope,
  json,
  NEW_CFG,
  OLD_CFG,
  openAi,
  saeLens,
  sparsify,
  TRANSCODER_CFG,
} from "./sae.samples";

describe("what they say of themselves", () => {
  const BASE = { dIn: 3, dOut: 3, nLatents: 4, hasSkip: false, prefixes: [] };

  it("SAELens", async () => {
    const expected = {
      ...{ ...BASE, layout: "SAELens", name: "gpt2/blocks.8.hook_resid_pre", activation: "relu" },
      ...{ siteIn: "blocks.8.resid_pre", siteOut: "blocks.8.resid_pre", input: { scheme: "none" } },
      ...{ modelName: "gpt2-small", contextSize: 128 },
    };
    expect((await readSae(saeLens(NEW_CFG))).description).toMatchObject({ ...expected, prependBos: true });
    expect((await readSae(saeLens(OLD_CFG))).description).toMatchObject(expected);
    const transcoder = await readSae(saeLens(TRANSCODER_CFG));
    expect(transcoder.description).toMatchObject({
      siteIn: "blocks.8.ln2.normalized",
      siteOut: "blocks.8.mlp_out",
    });
    expect(transcoder.notes.join()).toMatch(/without the norm's gain/);
    const centred = { ...NEW_CFG, model_from_pretrained_kwargs: { center_writing_weights: true } };
    expect((await readSae(saeLens(centred))).notes.join()).toMatch(/center_writing_weights/);
  });

  it("Gemma Scope", async () => {
    expect((await readSae(gemmaScope())).description).toMatchObject({
      ...{
        ...BASE,
        layout: "Gemma Scope",
        activation: "jumprelu",
        modelName: "gemma-2-2b",
        prependBos: true,
      },
      ...{
        name: "layer_20/width_16k/average_l0_71",
        siteIn: "blocks.20.resid_post",
        siteOut: "blocks.20.resid_post",
      },
    });
    const siteOf = async (path: string) => (await readSae(gemmaScope({ path }))).description;
    const tail = "layer_3/width_16k/average_l0_9/params.npz";
    expect((await siteOf(`gemma-scope-9b-pt-att/${tail}`)).siteIn).toBe("blocks.3.attn.z");
    expect((await siteOf(`models--google--gemma-scope-9b-it-mlp/x/${tail}`)).siteIn).toBe("blocks.3.mlp_out");
    expect((await siteOf(tail)).siteIn).toBeUndefined();
    const transcoder = await readSae(gemmaScope({ path: `gemma-scope-2b-pt-transcoders/${tail}` }));
    expect(transcoder.description).toMatchObject({
      siteIn: "blocks.3.ln2.normalized",
      siteOut: "blocks.3.mlp_out",
    });
    expect(transcoder.notes.join()).toMatch(/without its gain/);
    const embedding = await siteOf("gemma-scope-2b-pt-res/embedding/width_4k/average_l0_6/params.npz");
    expect(embedding).toMatchObject({
      siteIn: "embed",
      input: { scheme: "rescale", factor: 1 / Math.sqrt(3) },
    });
  });

  it("sparsify", async () => {
    const run = json("sae-pythia/config.json", { model: "EleutherAI/pythia-160m", ctx_len: 2048 });
    const { description, files } = await readSae([run, ...sparsify()]);
    expect(description).toMatchObject({
      ...{ ...BASE, layout: "sparsify", activation: "topk", k: 2, siteIn: "blocks.5.resid_post" },
      ...{ modelName: "EleutherAI/pythia-160m", contextSize: 2048 },
    });
    expect(files.map(({ name }) => name)).toEqual([
      "sae-pythia/layers.5/sae.safetensors",
      "sae-pythia/layers.5/cfg.json",
      "sae-pythia/config.json",
    ]);
  });

  it("OpenAI", async () => {
    expect((await readSae(openAi())).description).toMatchObject({
      ...{ ...BASE, layout: "OpenAI", activation: "topk", k: 2, siteIn: "blocks.8.resid_post" },
      modelName: "gpt2-small",
    });
  });

  it("dictionary_learning", async () => {
    expect((await readSae(dictionaryLearning("GatedAutoEncoder"))).description).toMatchObject({
      ...{ ...BASE, layout: "dictionary_learning", activation: "gated", siteIn: "blocks.8.resid_post" },
      ...{ modelName: "EleutherAI/pythia-70m", contextSize: 128 },
    });
    const untrained = await readSae(dictionaryLearning("BatchTopKSAE", {}, DICTIONARIES["AutoEncoderTopK"]));
    expect(untrained.description.activation).toBe("topk");
    expect(untrained.notes).toHaveLength(1);
  });
});
