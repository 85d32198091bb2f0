/** Names of hooks, modules and folders, and the sites that they mean. */
import { describe, expect, it } from "vitest";
import { siteOfHook, siteOfLocation, siteOfSubmodule, sitesOfModule } from "./sites";

it.each([
  ["blocks.8.hook_resid_pre", "blocks.8.resid_pre"],
  ["blocks.0.hook_resid_post", "blocks.0.resid_post"],
  ["blocks.3.hook_mlp_out", "blocks.3.mlp_out"],
  ["blocks.3.attn.hook_z", "blocks.3.attn.z"],
  ["blocks.3.mlp.hook_post", "blocks.3.mlp.post"],
  ["blocks.3.ln2.hook_normalized", "blocks.3.ln2.normalized"],
  ["blocks.3.hook_mlp_in", "blocks.3.resid_mid"],
  ["hook_embed", "embed"],
  ["blocks.3.hook_attn_in", undefined],
  ["blocks.x.hook_resid_pre", undefined],
  ["", undefined],
  [undefined, undefined],
])("hook %s", (hook, site) => expect(siteOfHook(hook)).toBe(site));

describe("modules", () => {
  it.each([
    ["layers.5", "resid_post", "resid_pre", "resid_post"],
    ["transformer.h.5", "resid_post", "resid_pre", "resid_post"],
    ["gpt_neox.layers.5", "resid_post", "resid_pre", "resid_post"],
    ["model.layers.5", "resid_post", "resid_pre", "resid_post"],
    ["h.5", "resid_post", "resid_pre", "resid_post"],
    ["layers_5", "resid_post", "resid_pre", "resid_post"],
    ["layers.5.mlp", "mlp_out", "ln2.normalized", "mlp_out"],
    ["h.5.attn", "attn_out", "ln1.normalized", "attn_out"],
    ["layers.5.attention", "attn_out", "ln1.normalized", "attn_out"],
    ["h.5.mlp.act", "mlp.post", "mlp.pre", "mlp.post"],
  ])("%s", (module, site, input, output) => {
    const at = (name: string) => `blocks.5.${name}`;
    expect(sitesOfModule(module, false)).toEqual({ siteIn: at(site), siteOut: at(site) });
    expect(sitesOfModule(module, true)).toEqual({ siteIn: at(input), siteOut: at(output) });
  });

  it("leaves what no site holds to be asked", () => {
    const none = { siteIn: undefined, siteOut: undefined };
    expect(sitesOfModule("embed_tokens", false)).toEqual({ siteIn: "embed", siteOut: "embed" });
    for (const name of [
      "",
      "checkpoint-5",
      "layers.5.mlp.gate_proj",
      "layers.x",
      "layers.12345",
      "h.5.mlp.",
    ]) {
      expect(sitesOfModule(name, false), name).toEqual(none);
    }
    // What Gemma's MLP gives is normed before it is added; a gated MLP's activation is not its post.
    expect(sitesOfModule("layers.5.mlp", false, "google/gemma-2-2b")).toEqual(none);
    expect(sitesOfModule("h.5.mlp", false, "bigscience/bloom-560m")).toEqual(none);
    expect(sitesOfModule("layers.5", false, "google/gemma-2-2b").siteIn).toBe("blocks.5.resid_post");
    expect(sitesOfModule("layers.5.mlp.act_fn", false, "meta-llama/Llama-3.2-1B")).toEqual(none);
  });
});

it.each([
  ["resid_post_layer_8", 3, "blocks.8.resid_post"],
  ["mlp_out_layer_0", 0, "blocks.0.mlp_out"],
  ["attention_out_layer_11", undefined, "blocks.11.attn_out"],
  [undefined, 4, "blocks.4.resid_post"],
  [undefined, 0, "blocks.0.resid_post"],
  ["something", 4, undefined],
  [undefined, undefined, undefined],
])("submodule %s of layer %s", (name, layer, site) => expect(siteOfSubmodule(name, layer)).toBe(site));

it.each([
  ["gpt2-small/resid_post_mlp_v5_32k/autoencoders/8.pt", "blocks.8.resid_post"],
  ["resid_post_attn_v5_128k/autoencoders/0.pt", "blocks.0.resid_mid"],
  ["gpt2-small/resid_delta_attn_v5_32k/autoencoders/11.pt", "blocks.11.attn_out"],
  ["gpt2-small/mlp_post_act/autoencoders/3.pt", "blocks.3.mlp.post"],
  ["resid_delta_mlp_v4/autoencoders/3.pt", "blocks.3.mlp_out"],
  ["resid_post_mlp/layer_7.pt", "blocks.7.resid_post"],
  ["autoencoder.pt", undefined],
  ["8.pt", undefined],
])("location %s", (path, site) => expect(siteOfLocation(path)).toBe(site));
