/** GGUF models as Hugging Face sees them: configs, names, and tensors that the converter had rearranged. */
import { describe, expect, it } from "vitest";
import { tinyGguf } from "./gguf.samples";
import type { GgufArchitecture } from "./ggufConfigs";
import { openModelFiles } from "../modelFiles";
import { fileFromBytes } from "../bytes/source";
import { readRows } from "../tensorReader";
import { writeGguf } from "./writeGguf";

const open = (bytes: Uint8Array<ArrayBuffer>, name = "tiny.gguf") =>
  openModelFiles([fileFromBytes(name, bytes)]);
const openTiny = (...parts: Parameters<typeof tinyGguf>) => open(tinyGguf(...parts));

async function valuesOf(
  model: Awaited<ReturnType<typeof open>>,
  name: string,
  options = {},
): Promise<number[]> {
  const values: number[] = [];
  for await (const { data } of readRows(model.tensors.get(name)!, options)) values.push(...data);
  return values;
}

const LLAMA_CONFIG = {
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
  intermediate_size: 12,
  max_position_embeddings: 16,
  vocab_size: 5,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
};
const GEMMA_CONFIG = {
  ...LLAMA_CONFIG,
  hidden_activation: "gelu_pytorch_tanh",
  query_pre_attn_scalar: 4,
  norm_weights_include_one: true,
  tie_word_embeddings: true,
};
const GPT_CONFIG = {
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 16,
  vocab_size: 5,
};

const PHI3_CONFIG = {
  ...LLAMA_CONFIG,
  model_type: "phi3",
  hidden_act: "silu",
  partial_rotary_factor: 1,
  tie_word_embeddings: false,
};

describe("configs", () => {
  it.each<[GgufArchitecture, Record<string, unknown>, object]>([
    [
      "llama",
      { "llama.rope.freq_base": 500_000, "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2 },
      {
        ...LLAMA_CONFIG,
        model_type: "llama",
        hidden_act: "silu",
        rope_theta: 500_000,
        tie_word_embeddings: false,
        bos_token_id: 1,
        eos_token_id: 2,
      },
    ],
    [
      "llama",
      { "llama.attention.sliding_window": 7, "llama.attention.head_count_kv": [1, 1] },
      {
        ...LLAMA_CONFIG,
        model_type: "mistral",
        hidden_act: "silu",
        sliding_window: 7,
        tie_word_embeddings: false,
      },
    ],
    [
      "qwen2",
      {
        "qwen2.rope.scaling.type": "yarn",
        "qwen2.rope.scaling.factor": 4.0,
        "qwen2.rope.scaling.original_context_length": 8,
      },
      {
        ...LLAMA_CONFIG,
        model_type: "qwen2",
        hidden_act: "silu",
        tie_word_embeddings: true,
        rope_scaling: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 8 },
      },
    ],
    [
      "qwen3",
      { "qwen3.attention.key_length": 4, "qwen3.attention.value_length": 4, "qwen3.rope.scaling.factor": 2 },
      {
        ...LLAMA_CONFIG,
        model_type: "qwen3",
        hidden_act: "silu",
        tie_word_embeddings: true,
        rope_scaling: { rope_type: "linear", factor: 2 },
      },
    ],
    [
      "gemma2",
      {
        "gemma2.attn_logit_softcapping": 50.5,
        "gemma2.final_logit_softcapping": 30,
        "gemma2.attention.sliding_window": 6,
      },
      {
        ...GEMMA_CONFIG,
        model_type: "gemma2",
        attn_logit_softcapping: 50.5,
        final_logit_softcapping: 30,
        sliding_window: 6,
      },
    ],
    [
      "gemma2",
      { "gemma2.attention.scale": 0.25 },
      { ...GEMMA_CONFIG, model_type: "gemma2", query_pre_attn_scalar: 16 },
    ],
    [
      "gemma3",
      { "gemma3.rope.scaling.type": "linear", "gemma3.rope.scaling.factor": 8 },
      {
        ...GEMMA_CONFIG,
        model_type: "gemma3_text",
        rope_theta: 1e6,
        rope_local_base_freq: 10_000,
        sliding_window_pattern: 6,
        rope_scaling: { rope_type: "linear", factor: 8 },
      },
    ],
    [
      "gemma3",
      { "gemma3.attention.sliding_window_pattern": [true, false], "gemma3.rope.freq_base": 5e5 },
      {
        ...GEMMA_CONFIG,
        model_type: "gemma3_text",
        rope_theta: 5e5,
        rope_local_base_freq: 10_000,
        layer_types: ["sliding_attention", "full_attention"],
      },
    ],
    [
      "gpt2",
      {},
      {
        model_type: "gpt2",
        n_embd: 8,
        n_layer: 2,
        n_head: 2,
        n_inner: 12,
        n_positions: 16,
        layer_norm_epsilon: 1e-5,
        activation_function: "gelu_new",
        vocab_size: 5,
        tie_word_embeddings: true,
      },
    ],
    [
      "gptneox",
      { "gptneox.rope.dimension_count": 2, "gptneox.use_parallel_residual": false },
      {
        ...GPT_CONFIG,
        model_type: "gpt_neox",
        rotary_pct: 0.5,
        rotary_emb_base: 10_000,
        rope_scaling: null,
        layer_norm_eps: 1e-5,
        use_parallel_residual: false,
        hidden_act: "gelu",
        tie_word_embeddings: false,
      },
    ],
    [
      "phi2",
      { "phi2.rope.dimension_count": 2 },
      {
        ...GPT_CONFIG,
        model_type: "phi",
        partial_rotary_factor: 0.5,
        rope_scaling: null,
        layer_norm_eps: 1e-5,
        hidden_act: "gelu_new",
        tie_word_embeddings: false,
      },
    ],
    [
      "starcoder",
      {},
      {
        model_type: "gpt_bigcode",
        ...{ n_embd: 8, n_layer: 2, n_head: 2, n_inner: 12, n_positions: 16, vocab_size: 5 },
        ...{ multi_query: true, layer_norm_epsilon: 1e-5, activation_function: "gelu_pytorch_tanh" },
        tie_word_embeddings: true,
      },
    ],
    [
      "gemma",
      {},
      {
        ...LLAMA_CONFIG,
        model_type: "gemma",
        hidden_activation: "gelu_pytorch_tanh",
        norm_weights_include_one: true,
        tie_word_embeddings: true,
      },
    ],
    [
      "phi3",
      {
        "phi3.rope.dimension_count": 2,
        "phi3.rope.freq_base": 10_000,
        "phi3.rope.scaling.original_context_length": 8,
        "phi3.attention.sliding_window": 0,
      },
      {
        ...PHI3_CONFIG,
        rope_theta: 10_000,
        partial_rotary_factor: 0.5,
        original_max_position_embeddings: 8,
      },
    ],
    ["phi3", { "phi3.attention.sliding_window": 5 }, { ...PHI3_CONFIG, sliding_window: 5 }],
    [
      "phi3",
      { "phi3.context_length": 4096, "phi3.block_count": 32 },
      { ...PHI3_CONFIG, max_position_embeddings: 4096, num_hidden_layers: 32, sliding_window: 2047 },
    ],
    [
      "olmo2",
      { "olmo2.rope.freq_base": 500_000 },
      {
        ...LLAMA_CONFIG,
        model_type: "olmo2",
        hidden_act: "silu",
        rope_theta: 500_000,
        tie_word_embeddings: false,
      },
    ],
    [
      "starcoder2",
      { "starcoder2.rope.freq_base": 999_999, "starcoder2.attention.sliding_window": 6 },
      {
        ...GPT_CONFIG,
        model_type: "starcoder2",
        num_key_value_heads: 1,
        head_dim: 4,
        rope_theta: 999_999,
        rope_scaling: null,
        norm_epsilon: 1e-5,
        hidden_act: "gelu_pytorch_tanh",
        sliding_window: 6,
        tie_word_embeddings: true,
      },
    ],
    [
      "bloom",
      {},
      {
        model_type: "bloom",
        ...{ hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, seq_length: 16, vocab_size: 5 },
        ...{ layer_norm_epsilon: 1e-5, tie_word_embeddings: true },
      },
    ],
  ])("%s with %j", async (architecture, metadata, expected) => {
    const { config, layout, weightFiles } = await openTiny(architecture, metadata as never);
    expect(config).toEqual(expected);
    expect([layout, weightFiles.map(({ name }) => name)]).toEqual(["gguf", ["tiny.gguf"]]);
  });

  it("finds the scale of scores of the largest Gemmas", async () => {
    const metadata = {
      "gemma2.block_count": 46,
      "gemma2.attention.key_length": 2,
      "gemma2.attention.value_length": 2,
    };
    expect((await openTiny("gemma2", metadata)).config).toMatchObject({
      query_pre_attn_scalar: 4,
      head_dim: 2,
    });
  });

  it("names a rotary share that gives the file's dimensions again", async () => {
    const failures: number[][] = [];
    for (let dHead = 2; dHead <= 256; dHead += 2) {
      for (const dims of [2, dHead / 2, dHead].filter((n) => n % 2 === 0)) {
        const metadata = { "phi2.attention.key_length": dHead, "phi2.attention.value_length": dHead };
        const { config } = await openTiny("phi2", { ...metadata, "phi2.rope.dimension_count": dims });
        if (Math.floor(dHead * Number(config["partial_rotary_factor"])) !== dims)
          failures.push([dHead, dims]);
      }
    }
    expect(failures).toEqual([]);
  });

  it.each<[string, GgufArchitecture, Record<string, unknown>, string, RegExp]>([
    [
      "an unknown architecture",
      "llama",
      { "general.architecture": "mamba" },
      "Unsupported",
      /"mamba"; Vitrine reads GGUF files of llama, qwen2/,
    ],
    ["no architecture", "llama", { "general.architecture": 3 }, "Unsupported", /general\.architecture is 3/],
    ["one part of several", "llama", { "split.count": 3 }, "Unsupported", /one of 3 parts/],
    [
      "a missing size",
      "llama",
      { "llama.block_count": "x" },
      "BadFile",
      /llama\.block_count is "x", expected a whole/,
    ],
    [
      "a wild size",
      "llama",
      { "llama.embedding_length": { type: 10, value: 2 ** 60 } },
      "BadFile",
      /embedding_length/,
    ],
    [
      "heads that differ",
      "llama",
      { "llama.attention.head_count_kv": [1, 2] },
      "BadFile",
      /head_count_kv is \[1,2\]/,
    ],
    ["experts", "llama", { "llama.expert_count": 8 }, "Unsupported", /expert_count is 8/],
    [
      "caps that are Gemma's",
      "qwen2",
      { "qwen2.final_logit_softcapping": 30 },
      "Unsupported",
      /final_logit_softcapping is 30/,
    ],
    [
      "a partly rotated head",
      "llama",
      { "llama.rope.dimension_count": 2 },
      "Unsupported",
      /dimension_count is 2/,
    ],
    [
      "OLMo 3, which has windows",
      "olmo2",
      { "olmo2.attention.sliding_window": 4096 },
      "Unsupported",
      /sliding_window is 4096/,
    ],
    [
      "a partly rotated head in starcoder2",
      "starcoder2",
      { "starcoder2.rope.dimension_count": 2 },
      "Unsupported",
      /dimension_count is 2/,
    ],
    [
      "values of another size",
      "llama",
      { "llama.attention.value_length": 2 },
      "Unsupported",
      /value_length is 2/,
    ],
    [
      "grouped heads where there are none",
      "gpt2",
      { "gpt2.attention.head_count_kv": 1 },
      "Unsupported",
      /head_count_kv is 1/,
    ],
    [
      "starcoder with a key for each head",
      "starcoder",
      { "starcoder.attention.head_count_kv": 2 },
      "Unsupported",
      /head_count_kv is 2/,
    ],
    [
      "bloom with another MLP",
      "bloom",
      { "bloom.feed_forward_length": 12 },
      "Unsupported",
      /feed_forward_length is 12.*4 times the width \(32\)/,
    ],
    [
      "a text for a number",
      "llama",
      { "llama.rope.freq_base": "x" },
      "BadFile",
      /freq_base is "x", expected a number/,
    ],
  ])("refuses %s", async (_, architecture, metadata, name, message) => {
    const opening = openTiny(architecture, metadata as never);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toMatchObject({ name });
  });
});

describe("tensors", () => {
  const counting = (length: number) => Array.from({ length }, (_, i) => i);

  it.each<[GgufArchitecture, string[], number]>([
    ["llama", ["model.layers.1.self_attn.o_proj.weight", "model.norm.weight", "lm_head.weight"], 21],
    ["qwen2", ["model.layers.0.self_attn.q_proj.bias", "model.layers.1.mlp.down_proj.weight"], 26],
    ["qwen3", ["model.layers.0.self_attn.k_norm.weight", "model.embed_tokens.weight"], 24],
    [
      "gemma2",
      ["model.layers.1.pre_feedforward_layernorm.weight", "model.layers.0.post_feedforward_layernorm.weight"],
      24,
    ],
    [
      "gemma3",
      ["model.layers.1.self_attn.q_norm.weight", "model.layers.0.post_attention_layernorm.weight"],
      28,
    ],
    ["gpt2", ["transformer.wpe.weight", "transformer.h.1.attn.c_attn.bias", "transformer.ln_f.bias"], 28],
    ["starcoder", ["transformer.wpe.weight", "transformer.h.1.attn.c_attn.bias"], 28],
    [
      "bloom",
      ["transformer.word_embeddings_layernorm.bias", "transformer.h.1.self_attention.query_key_value.bias"],
      29,
    ],
    ["gptneox", ["embed_out.weight", "gpt_neox.layers.1.mlp.dense_4h_to_h.weight"], 28],
    ["phi2", ["lm_head.bias", "model.layers.1.self_attn.v_proj.bias", "model.layers.0.mlp.fc2.weight"], 33],
    ["gemma", ["model.layers.1.post_attention_layernorm.weight", "model.embed_tokens.weight"], 20],
    ["phi3", ["model.layers.1.self_attn.qkv_proj.weight", "model.layers.0.mlp.gate_up_proj.weight"], 15],
    [
      "olmo2",
      [
        "model.layers.1.self_attn.q_norm.weight",
        "model.layers.0.post_attention_layernorm.weight",
        "model.layers.0.post_feedforward_layernorm.weight",
      ],
      25,
    ],
    [
      "starcoder2",
      ["model.layers.1.mlp.c_fc.bias", "model.layers.0.mlp.c_proj.weight", "model.norm.bias"],
      35,
    ],
  ])("of %s have their Hugging Face names", async (architecture, names, count) => {
    const { tensors } = await openTiny(architecture);
    expect(tensors.size).toBe(count);
    for (const name of names) expect([...tensors.keys()]).toContain(name);
  });

  it("of llama: queries and keys in halves, the rest as stored", async () => {
    const model = await openTiny("llama");
    const rows = [0, 2, 1, 3, 4, 6, 5, 7];
    expect(await valuesOf(model, "model.layers.0.self_attn.q_proj.weight")).toEqual(
      rows.flatMap((row) => counting(8).map((i) => row * 8 + i)),
    );
    expect((await valuesOf(model, "model.layers.1.self_attn.k_proj.weight")).slice(8, 16)).toEqual(
      counting(8).map((i) => 16 + i),
    );
    expect(await valuesOf(model, "model.layers.0.self_attn.v_proj.weight")).toEqual(counting(32));
    expect(await valuesOf(await openTiny("qwen2"), "model.layers.0.self_attn.q_proj.weight")).toEqual(
      counting(64),
    );
  });

  it("of gpt2: Conv1D matrices as [in, out], read back as [out, in]", async () => {
    const model = await openTiny("gpt2");
    const name = "transformer.h.0.mlp.c_fc.weight";
    expect(model.tensors.get(name)!.entry.shape).toEqual([8, 12]);
    expect(await valuesOf(model, name, { transposed: true })).toEqual(counting(96));
    expect((await valuesOf(model, name)).slice(0, 3)).toEqual([0, 8, 16]);
    expect(model.tensors.get("transformer.wte.weight")!.entry.shape).toEqual([5, 8]);
  });

  it("of gptneox: queries, keys and values head by head", async () => {
    const model = await openTiny("gptneox");
    const bias = [0, 8, 16, 4, 12, 20].flatMap((first) => counting(4).map((i) => first + i));
    const name = "gpt_neox.layers.0.attention.query_key_value";
    expect(await valuesOf(model, `${name}.bias`)).toEqual(bias);
    const weight = bias.flatMap((row) => counting(8).map((i) => row * 8 + i));
    for (const sliceBytes of [1, 100, 1e6])
      expect(await valuesOf(model, `${name}.weight`, { sliceBytes })).toEqual(weight);
  });

  it("of bloom: likewise; of starcoder: as stored", async () => {
    const name = "transformer.h.0.self_attention.query_key_value.bias";
    const bias = [0, 8, 16, 4, 12, 20].flatMap((first) => counting(4).map((i) => first + i));
    expect(await valuesOf(await openTiny("bloom"), name)).toEqual(bias);
    const starcoder = await openTiny("starcoder");
    expect(await valuesOf(starcoder, "transformer.h.0.attn.c_attn.bias")).toEqual(counting(16));
    expect(starcoder.tensors.get("transformer.h.0.mlp.c_fc.weight")!.entry.shape).toEqual([12, 8]);
  });

  it("of phi2: a fused projection in three", async () => {
    const model = await openTiny("phi2");
    expect(await valuesOf(model, "model.layers.0.self_attn.k_proj.weight")).toEqual(
      counting(64).map((i) => 64 + i),
    );
    expect(await valuesOf(model, "model.layers.0.self_attn.v_proj.bias")).toEqual(
      counting(8).map((i) => 16 + i),
    );
  });

  it.each<[string, GgufArchitecture, Record<string, number[]>, RegExp]>([
    [
      "a name that is not known",
      "llama",
      { "blk.0.attn_sinks.weight": [2] },
      /blk\.0\.attn_sinks\.weight is not known/,
    ],
    [
      "a layer's name outside of the layers",
      "llama",
      { "attn_q.weight": [2] },
      /attn_q\.weight is not known/,
    ],
    [
      "a fused projection of odd size",
      "gptneox",
      { "blk.0.attn_qkv.bias": [25] },
      /25 rows, which are not 6 equal/,
    ],
    ["a fused projection in two", "phi2", { "blk.0.attn_qkv.bias": [25] }, /25 rows, which are not queries/],
  ])("with %s are refused", async (_, architecture, tensors, message) => {
    await expect(openTiny(architecture, {}, tensors)).rejects.toThrow(message);
  });

  it("must be there", async () => {
    const bytes = tinyGguf("llama");
    const at = new TextDecoder("latin1").decode(bytes).indexOf("token_embd");
    bytes.set(new TextEncoder().encode("token_emba"), at);
    await expect(open(bytes)).rejects.toThrow(/no tensor token_embd\.weight/);
  });
});

describe("rope_freqs.weight", () => {
  /** Divisors for 8 frequencies of base 500,000, as llama.cpp's converter computes them for Llama 3.2. */
  const DIVISORS = [1, 1, 1, 2.1911, 32, 32, 32, 32];
  const metadata = {
    "llama.attention.key_length": 16,
    "llama.attention.value_length": 16,
    "llama.rope.freq_base": 500_000,
  };

  async function openWith(values: readonly number[], more = {}) {
    const bytes = tinyGguf("llama", { ...metadata, ...more }, { "rope_freqs.weight": [values.length] });
    const file = fileFromBytes("m.gguf", bytes);
    const plain = tinyGguf("llama", { ...metadata, ...more });
    expect(plain.length).toBeLessThan(bytes.length);
    // The last tensor that is written: its bytes are the last of the file.
    const padded = Math.ceil((values.length * 4) / 32) * 32;
    bytes.set(new Uint8Array(Float32Array.from(values).buffer), bytes.length - padded);
    return (await openModelFiles([file])).config["rope_scaling"];
  }

  /** The same from the definition, to all digits. */
  const exact = DIVISORS.map((_, i) => {
    const wavelength = 2 * Math.PI * 500_000 ** (i / 8);
    if (wavelength < 8192 / 4) return 1;
    if (wavelength > 8192) return 32;
    const smooth = (8192 / wavelength - 1) / 3;
    return 1 / ((1 - smooth) / 32 + smooth);
  });

  it("becomes the four numbers of Llama 3.1", async () => {
    expect(await openWith(exact)).toEqual({
      rope_type: "llama3",
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    });
    expect(await openWith(exact.map(() => 1))).toBeNull();
  });

  it("is refused if it is something else", async () => {
    await expect(openWith(exact.map((divisor) => divisor * 1.001))).rejects.toThrow(/another kind/);
    await expect(openWith(exact, { "llama.rope.scaling.factor": 2 })).rejects.toThrow(/another kind/);
    await expect(openWith(exact.slice(1))).rejects.toThrow(/expected one divisor for each pair of 16/);
  });
});

describe("LongRoPE's divisors", () => {
  const both = { "rope_factors_long.weight": [2], "rope_factors_short.weight": [2] };

  it("become the lists of Phi 3's config", async () => {
    const { config, tensors } = await openTiny("phi3", { "phi3.rope.scaling.attn_factor": 1.25 }, both);
    expect(config["rope_scaling"]).toEqual({
      rope_type: "longrope",
      attention_factor: 1.25,
      short_factor: [0, 1],
      long_factor: [0, 1],
    });
    expect([...tensors.keys()].filter((name) => name.includes("rope"))).toEqual([]);
  });

  it("come together, and in no other architecture", async () => {
    const { "rope_factors_long.weight": long } = both;
    await expect(openTiny("phi3", {}, { "rope_factors_long.weight": long })).rejects.toThrow(
      /rope_factors_short\.weight is missing/,
    );
    await expect(openTiny("llama", {}, both)).rejects.toThrow(/rope_factors_long\.weight is not known/);
  });
});

describe("which file", () => {
  it("is the one that ends in .gguf, or begins so", async () => {
    const bytes = tinyGguf("llama");
    const config = fileFromBytes("config.json", new TextEncoder().encode('{"model_type":"llama"}'));
    const found = await openModelFiles([config, fileFromBytes("a/tiny.gguf", bytes)]);
    expect(found.layout).toBe("gguf");
    expect((await open(bytes, "no-suffix")).layout).toBe("gguf");
    await expect(open(new Uint8Array(9), "x.gguf")).rejects.toThrow(/x\.gguf begins with 00 00 00 00/);
  });

  it("is only one", async () => {
    const files = ["a.gguf", "b.gguf"].map((name) => fileFromBytes(name, tinyGguf("llama")));
    await expect(openModelFiles(files)).rejects.toThrow(/2 GGUF files \(a\.gguf, b\.gguf\); choose one/);
  });

  it("says that its weights are quantized", async () => {
    const bytes = writeGguf({
      metadata: {
        "general.architecture": "gpt2",
        "gpt2.block_count": 1,
        "gpt2.context_length": 4,
        "gpt2.embedding_length": 32,
        "gpt2.feed_forward_length": 32,
        "gpt2.attention.head_count": 1,
      },
      tensors: [{ name: "token_embd.weight", shape: [2, 32], dtype: "Q8_0", bytes: new Uint8Array(68) }],
    });
    expect((await open(bytes)).notes[0]).toMatch(/quantized \(Q8_0\)/);
  });
});
