/**
 * Every architecture against golden runs recorded by an independent implementation (training/golden/), site by
 * site, on the CPU device.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../protocol/cancel";
import { createCpuDevice } from "../device/cpu";
import { run } from "../interp/pass/runRows";
import { generate } from "../methods/generate/generate";
import { GOLDEN, GOLDEN_RUNS, loadChanged, openFolder, readGolden } from "./golden.samples";
import { loadModel } from "./loading/loadModel";
import { sitesOf, type Model } from "./model";

/** Every site of a model against a recording, to 1e-5. */
async function expectGolden(model: Model, folder: string, recording: string): Promise<void> {
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
}

describe.each(GOLDEN_RUNS)("%s %j", (folder, change, recording = "golden.safetensors") => {
  it("equals the golden run at every site, to 1e-5", async () => {
    await expectGolden(await loadChanged(await openFolder(folder), change), folder, recording);
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
    ["gemma", { use_bidirectional_attention: true }, /use_bidirectional_attention is true/],
    ["gemma", { hidden_activation: "quick_gelu" }, /hidden_activation is "quick_gelu"; known/],
    ["llama", { rope_scaling: { type: "longrope" } }, /rope_scaling has type "longrope"; Vitrine knows/],
    ["phi3", { rope_scaling: { type: "yarn", factor: 4 } }, /rope_scaling has type "yarn"/],
    ["phi3", { rope_scaling: { type: "su", short_factor: [1] } }, /short_factor has 1 entries, expected 3/],
    [
      "phi3",
      { rope_scaling: { type: "su", short_factor: [1, 1, 1], long_factor: [1, 0, 1] } },
      /long_factor has 3 entries, expected 3 numbers above 0/,
    ],
    ["phi3_partial", { partial_rotary_factor: 0.5 }, /short_factor has 3 entries, expected 2/],
    ["olmo2", { num_key_value_heads: 1 }, /k_proj\.weight has shape \[12, 24\], expected \[6, 24\]/],
    ["tl_none", { attention_dir: "bidirectional" }, /attention_dir is "bidirectional"/],
    ["tl_none", { act_fn: "solu_ln" }, /act_fn is "solu_ln"; known/],
    ["tl_none", { positional_embedding_type: "alibi" }, /positional_embedding_type is "alibi"/],
  ])("%s with %j", async (folder, change, message) => {
    await expect(loadChanged(await openFolder(folder), change)).rejects.toThrow(message);
  });
});

it.each([
  // What the first files say, and mean the tanh form.
  [{}, "gelu_pytorch_tanh"],
  [{ hidden_activation: undefined, hidden_act: undefined }, "gelu_pytorch_tanh"],
  [{ hidden_act: "relu", hidden_activation: "gelu_pytorch_tanh" }, "gelu_pytorch_tanh"],
  [{ hidden_act: "gelu_pytorch_tanh" }, "gelu_pytorch_tanh"],
  [{ hidden_activation: "gelu" }, "gelu"],
  [{ hidden_act: "silu" }, "silu"],
])("Gemma 1 with %j has %s", async (change, activation) => {
  const { config } = await loadChanged(await openFolder("gemma"), change);
  expect(config).toMatchObject({ activation, embedScale: Math.sqrt(20), normOffset: 1 });
});

it("StarCoder 2 has the biases that use_bias says", async () => {
  const files = await openFolder("starcoder2");
  const names = ({ weights }: Model) =>
    ["q", "o", "up", "down"].filter((name) => weights.vectorIfAny(`blocks.0.${name}.bias`));
  expect(names(await loadChanged(files))).toEqual(["q", "o", "up", "down"]);
  expect(names(await loadChanged(files, { use_bias: false }))).toEqual([]);
  const tensors = new Map(files.tensors);
  tensors.delete("model.layers.0.mlp.c_fc.bias");
  const lacking = { ...files, tensors };
  await expect(loadChanged(lacking)).rejects.toThrow(/no tensor model\.layers\.0\.mlp\.c_fc\.bias/);
  expect(names(await loadChanged(lacking, { use_bias: undefined }))).toEqual(["q", "o", "down"]);
});

describe("LongRoPE", () => {
  const long = "goldenLong.safetensors";

  it("is read in its newer form, all in one object", async () => {
    const rope_parameters = {
      rope_type: "longrope",
      rope_theta: 300,
      short_factor: [1, 1.3, 1.75],
      long_factor: [1.1, 4, 21.5],
      original_max_position_embeddings: 16,
    };
    const newer = {
      rope_scaling: null,
      rope_theta: undefined,
      original_max_position_embeddings: undefined,
      rope_parameters,
    };
    const model = await loadChanged(await openFolder("phi3"), newer);
    await expectGolden(model, "phi3", "golden.safetensors");
  });

  it("turns a text that is longer than the first training by its long factors, at every site", async () => {
    await expectGolden(await loadChanged(await openFolder("phi3")), "phi3", long);
  });

  it("does not mix what was computed for short and for long texts", async () => {
    const model = await loadChanged(await openFolder("phi3"));
    const { tokens } = await readGolden("phi3", long);
    const asked = { score: [{ row: 0, position: 3, target: 1 }] };
    const [short, rest] = [tokens.slice(0, 12), tokens.slice(12)];
    const refused = /of more than 16 tokens otherwise/;
    await expect(run(model, { rows: [{ tokens: short }, { tokens }], ...asked })).rejects.toThrow(refused);
    const branches = [{ tokens: short }, { tokens: rest, parent: 0 }, { tokens: [1], parent: 0 }];
    await expect(run(model, { rows: branches, ...asked })).rejects.toThrow(refused);
    const two = await run(model, { rows: [{ tokens }, { tokens }], ...asked });
    expect([...two.scores]).toEqual([...(await run(model, { rows: [{ tokens }], ...asked })).scores]);
  });

  it("knows a prefix of a long text for one", async () => {
    const model = await loadChanged(await openFolder("phi3"));
    const { tokens, sites } = await readGolden("phi3", long);
    const rows = [{ tokens: tokens.slice(0, 5) }, { tokens: tokens.slice(5), parent: 0 }];
    const { captures } = await run(model, { rows, capture: ["logits"] });
    const got = captures.flatMap(({ data }) => [...data]);
    sites.get("logits")!.data.forEach((value, i) => expect(got[i]).toBeCloseTo(value, 4));
  });

  it("ends a generated text where the short context ends, and goes on in a long one", async () => {
    const model = await loadChanged(await openFolder("phi3"));
    const { tokens } = await readGolden("phi3", long);
    const request = { maxTokens: 8, temperature: 0, topK: 0, topP: 1, seed: 1, stopIds: [] };
    const written = (prompt: number[]) => generate(model, { ...request, tokens: prompt }, NEVER_CANCELLED);
    const short = await written(tokens.slice(0, 12));
    expect([short.tokens.length, short.stoppedBy]).toEqual([5, "context"]);
    const { tokens: more, stoppedBy } = await written(tokens);
    expect([more.length, stoppedBy]).toEqual([8, "length"]);
    const { captures } = await run(model, { rows: [{ tokens: [...tokens, ...more] }], capture: ["logits"] });
    const { data, shape } = captures[0]!;
    more.forEach((token, i) => {
      const row = [...data.slice((19 + i) * shape[1]!, (20 + i) * shape[1]!)];
      expect(token).toBe(row.indexOf(Math.max(...row)));
    });
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
