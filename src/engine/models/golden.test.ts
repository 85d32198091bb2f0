/**
 * Every architecture against golden runs recorded by an independent implementation (training/golden/), site by
 * site, on the CPU device.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../protocol/cancel";
import { createCpuDevice } from "../device/cpu";
import { run } from "../interp/run";
import { GOLDEN, GOLDEN_RUNS, loadChanged, openFolder, readGolden } from "./golden.samples";
import { loadModel } from "./loadModel";
import { sitesOf, type Model } from "./model";

describe.each(GOLDEN_RUNS)("%s %j", (folder, change, recording = "golden.safetensors") => {
  it("equals the golden run at every site, to 1e-5", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const { sites, tokens } = await readGolden(folder, recording);
    const { captures } = await run(model, { rows: [{ tokens }], capture: sitesOf(model) });
    // Scales of norms are not recorded: normScales.test.ts.
    const recorded = sitesOf(model).filter((site) => !site.endsWith(".scale"));
    expect([...recorded].sort()).toEqual([...sites.keys()].sort());
    expect(captures.map(({ site }) => site).sort()).toEqual([...sitesOf(model)].sort());
    // In the order of the forward pass: the first site that differs is the bug.
    for (const site of recorded) {
      const { shape, data } = captures.find((capture) => capture.site === site)!;
      const expected = sites.get(site)!;
      expect(shape, site).toEqual(expected.shape);
      const worst = Math.max(
        ...expected.data.map((value, i) => {
          // The recording stores what the mask removes as NaN.
          if (Number.isNaN(value)) return data[i] === -Infinity ? 0 : Infinity;
          return Math.abs(value - data[i]!) / Math.max(1, Math.abs(value));
        }),
      );
      expect(worst, site).toBeLessThan(1e-5);
    }
  });

  it("decodes over the cache what it computes at once", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const { tokens } = await readGolden(folder, recording);
    const logitsOf = async (rows: { tokens: number[]; parent?: number }[]) => {
      const { captures } = await run(model, { rows, capture: ["logits"] });
      return [...captures.at(-1)!.data];
    };
    const whole = await logitsOf([{ tokens }]);
    const steps = tokens.map((token, i) => ({ tokens: [token], ...(i > 0 ? { parent: i - 1 } : {}) }));
    const last = await logitsOf(steps);
    whole.slice(-last.length).forEach((value, i) => expect(last[i]).toBeCloseTo(value, 4));
  });
});

describe("configs that would change every number are refused by name", () => {
  it.each([
    [
      "llama",
      { rope_scaling: { rope_type: "yarn", factor: 4 } },
      /rope_scaling has type "yarn"; Vitrine knows/,
    ],
    ["llama", { rope_scaling: { type: "linear" } }, /rope_scaling\.factor is missing/],
    ["llama", { hidden_act: "xielu" }, /hidden_act is "xielu"; known/],
    ["llama", { num_key_value_heads: 3 }, /not a multiple of num_key_value_heads 3/],
    ["llama", { model_type: "mamba" }, /model_type is "mamba"; Vitrine runs gpt2, /],
    ["qwen3", { use_sliding_window: true, layer_types: ["linear"] }, /layer_types\[0\] is "linear"/],
    ["gpt_neox", { rotary_pct: 3 }, /rotary share 3/],
    ["gpt_neo", { attention_layers: ["global"] }, /attention_types says undefined for layer 1/],
    ["gptj", { rotary_dim: 14 }, /rotary_dim 14 of a head of 12 dimensions/],
    ["gptj", { rotary_dim: 5 }, /rotary_dim 5 of a head of 12 dimensions does not leave whole pairs/],
    ["opt", { word_embed_proj_dim: 12 }, /embed_tokens\.weight has shape \[29, 24\], expected \[29, 12\]/],
    [
      "opt",
      { max_position_embeddings: 32 },
      /embed_positions\.weight has shape \[32, 24\], expected \[34, 24\]/,
    ],
    ["gpt_bigcode", { multi_query: false }, /c_attn\.weight has shape \[40, 24\], expected \[72, 24\]/],
    ["bloom", { n_head: 5 }, /hidden_size 24 is not a multiple of n_head 5/],
    ["phi", { qk_layernorm: true }, /qk_layernorm is true/],
    ["tl_none", { attention_dir: "bidirectional" }, /attention_dir is "bidirectional"/],
    ["tl_none", { act_fn: "solu_ln" }, /act_fn is "solu_ln"; known/],
    ["tl_none", { positional_embedding_type: "alibi" }, /positional_embedding_type is "alibi"/],
  ])("%s with %j", async (folder, change, message) => {
    await expect(loadChanged(await openFolder(folder), change)).rejects.toThrow(message);
  });
});

it("reads the newer form of Gemma 3's rotary parameters and layer types", async () => {
  const { config } = JSON.parse(
    `{"config":${readFileSync(join(GOLDEN, "gemma3_text/config.json"), "utf8")}}`,
  );
  const { rope_theta, rope_scaling, rope_local_base_freq, sliding_window_pattern: period, ...rest } = config;
  const newer = {
    ...rest,
    rope_parameters: {
      full_attention: { rope_type: "default", rope_theta, ...rope_scaling },
      sliding_attention: { rope_type: "default", rope_theta: rope_local_base_freq },
    },
    layer_types: Array.from({ length: rest.num_hidden_layers }, (_, i) =>
      (i + 1) % period === 0 ? "full_attention" : "sliding_attention",
    ),
  };
  const files = await openFolder("gemma3_text");
  const { tokens } = await readGolden("gemma3_text", "golden.safetensors");
  const logits = async (model: Model) =>
    (await run(model, { rows: [{ tokens }], capture: ["logits"] })).captures[0]!.data;
  const model = (
    await loadModel(await createCpuDevice(), { ...files, config: newer }, "f32", NEVER_CANCELLED)
  ).model;
  expect(await logits(model)).toEqual(await logits(await loadChanged(files)));
});
