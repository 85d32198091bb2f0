/** llama2.c checkpoints: each weight is where the exporter wrote it, and sizes that do not add up are refused. */
import { describe, expect, it } from "vitest";
import { sampleModel, sampleVocabulary, TINY, TOKENS, type SampleToken } from "./llama2c.samples";
import { openModelFiles } from "../modelFiles";
import type { ModelFiles } from "../storedModel";
import { writeSafetensors } from "../safetensors";
import { fileFromBytes } from "../bytes/source";
import { readRows } from "../tensorReader";
import { createTokenizer } from "../tokenizer/tokenizer";

const UNTIED = { sizes: [4, 6, 2, 2, 1, -5, 3] } as const;
const WITH_TOKENS = { sizes: [4, 6, 1, 2, 2, TOKENS.length, 3] } as const;
const modelFile = (model = TINY, name = "model.bin") => fileFromBytes(name, sampleModel(model));
const vocabularyFile = (...args: Parameters<typeof sampleVocabulary>) =>
  fileFromBytes("tok.bin", sampleVocabulary(...args));

async function valuesOf({ tensors }: ModelFiles, name: string): Promise<number[]> {
  const values: number[] = [];
  for await (const { data } of readRows(tensors.get(name)!)) values.push(...data);
  return values;
}

/** `count` numbers from `first` on. */
const run = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

describe("llama2.c checkpoints", () => {
  it("become a Hugging Face Llama", async () => {
    const model = await openModelFiles([modelFile()]);
    expect(model).toMatchObject({
      layout: "llama2c",
      config: {
        ...{ model_type: "llama", hidden_size: 4, intermediate_size: 6, num_hidden_layers: 2 },
        ...{ num_attention_heads: 2, num_key_value_heads: 1, head_dim: 2, vocab_size: 5 },
        ...{ max_position_embeddings: 3, rms_norm_eps: 1e-5, rope_theta: 10000, tie_word_embeddings: true },
      },
      notes: [expect.stringMatching(/tokenizer\.bin not found/)],
    });
    expect(model.tensors.size).toBe(1 + 2 * 9 + 1);
    expect(model.tensors.get("model.layers.1.self_attn.k_proj.weight")).toMatchObject({
      entry: { shape: [2, 4], dtype: "F32" },
      interleavedHeads: { dHead: 2 },
    });
    expect(model.tensors.get("model.layers.1.self_attn.v_proj.weight")).not.toHaveProperty(
      "interleavedHeads",
    );
  });

  it("hold their weights in the legacy order", async () => {
    const model = await openModelFiles([modelFile(UNTIED)]);
    expect(model.config["tie_word_embeddings"]).toBe(false);
    // Embedding 20, norms 2 × 4, wq 2 × 16, wk and wv 2 × 8 each, wo 2 × 16, norms, three of 2 × 24, norm, 6 angles.
    expect(await valuesOf(model, "model.embed_tokens.weight")).toEqual(run(0, 20));
    expect(await valuesOf(model, "model.layers.1.input_layernorm.weight")).toEqual(run(24, 4));
    expect(await valuesOf(model, "model.layers.1.self_attn.q_proj.weight")).toEqual(run(44, 16));
    expect(await valuesOf(model, "model.layers.0.self_attn.k_proj.weight")).toEqual(run(60, 8));
    expect(await valuesOf(model, "model.layers.1.self_attn.v_proj.weight")).toEqual(run(84, 8));
    expect(await valuesOf(model, "model.layers.0.self_attn.o_proj.weight")).toEqual(run(92, 16));
    expect(await valuesOf(model, "model.layers.0.post_attention_layernorm.weight")).toEqual(run(124, 4));
    expect(await valuesOf(model, "model.layers.0.mlp.gate_proj.weight")).toEqual(run(132, 24));
    expect(await valuesOf(model, "model.layers.0.mlp.down_proj.weight")).toEqual(run(180, 24));
    expect(await valuesOf(model, "model.layers.1.mlp.up_proj.weight")).toEqual(run(252, 24));
    expect(await valuesOf(model, "model.norm.weight")).toEqual(run(276, 4));
    expect(await valuesOf(model, "lm_head.weight")).toEqual(run(286, 20));
  });

  it("hold them in the order of version 1: norms first, no angles", async () => {
    const model = await openModelFiles([modelFile({ ...TINY, version: 1, isTied: false })]);
    expect(await valuesOf(model, "model.layers.1.input_layernorm.weight")).toEqual(run(4, 4));
    expect(await valuesOf(model, "model.layers.0.post_attention_layernorm.weight")).toEqual(run(8, 4));
    expect(await valuesOf(model, "model.norm.weight")).toEqual(run(16, 4));
    expect(await valuesOf(model, "model.embed_tokens.weight")).toEqual(run(20, 20));
    expect(await valuesOf(model, "model.layers.1.mlp.up_proj.weight")).toEqual(run(256, 24));
    expect(await valuesOf(model, "lm_head.weight")).toEqual(run(280, 20));
    const tied = await openModelFiles([modelFile({ ...TINY, version: 1 })]);
    expect(tied.config["tie_word_embeddings"]).toBe(true);
    expect(tied.tensors.has("lm_head.weight")).toBe(false);
  });

  it("give their rotary pairs in half-split order", async () => {
    const wide = { sizes: [8, 6, 1, 2, 2, 5, 3] } as const;
    const model = await openModelFiles([modelFile(wide)]);
    const rows = await valuesOf(model, "model.layers.0.self_attn.q_proj.weight");
    const firstOfRows = rows.filter((_, i) => i % 8 === 0).map((value) => (value - 48) / 8);
    expect(firstOfRows).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
  });

  const cut = fileFromBytes("model.bin", sampleModel(TINY).slice(0, -4));
  it.each([
    ["a cut file", [cut], /model\.bin has 1168 bytes, but a llama2\.c model of dim 4.*has 1172/],
    ["a longer file", [fileFromBytes("m.bin", Uint8Array.from([...sampleModel(TINY), 0]))], /1173 bytes/],
    ["version 2", [modelFile({ ...TINY, version: 2 })], /version 2.*--version 1/],
    [
      "a version 1 of no heads",
      [modelFile({ sizes: [4, 6, 2, 2, -1, 5, 3], version: 1 })],
      /the llama2\.c header's sizes cannot be/,
    ],
    [
      "two of them",
      [modelFile(TINY, "a.bin"), modelFile(UNTIED, "b.bin")],
      /2 llama2\.c checkpoints \(a\.bin, b/,
    ],
    ["odd heads", [modelFile({ sizes: [6, 6, 1, 2, 2, 5, 3] })], /config\.json not found/],
  ])("refuse %s", async (_, files, message) => {
    await expect(openModelFiles(files)).rejects.toThrow(message);
  });

  it("give way to safetensors", async () => {
    const safetensors = writeSafetensors([{ name: "s", shape: [1], data: Float32Array.of(1) }], {});
    const config = fileFromBytes("config.json", new TextEncoder().encode('{"model_type":"llama"}'));
    const files = [config, modelFile(), fileFromBytes("model.safetensors", safetensors)];
    expect((await openModelFiles(files)).layout).toBe("huggingface");
  });
});

describe("llama2.c tokenizers", () => {
  const open = async (...args: Parameters<typeof sampleVocabulary>) => {
    const { tokenizerJson, tokenizerConfig, config, notes } = await openModelFiles([
      vocabularyFile(...args),
      modelFile(WITH_TOKENS),
    ]);
    expect(notes).toEqual([]);
    return createTokenizer(tokenizerJson!, tokenizerConfig, config);
  };

  it("join by score, put a space in front, and fall back to bytes", async () => {
    const tokenizer = await open();
    const [TH, SPACE_THE, SPACE, T, E] = [259, 261, 262, 263, 265];
    expect(tokenizer).toMatchObject({ bosId: 1, eosId: 2, bosByDefault: true, vocabSize: TOKENS.length });
    expect(tokenizer.encode("the", { addBos: true })).toEqual([1, SPACE_THE]);
    expect(tokenizer.encode("t th", { addBos: false })).toEqual([SPACE, T, TH + 1]);
    expect(tokenizer.encode("eé", { addBos: false })).toEqual([SPACE, E, 3 + 0xc3, 3 + 0xa9]);
    expect(tokenizer.decode(tokenizer.encode("the thé  t\n", { addBos: true }))).toBe("the thé  t\n");
    expect([...tokenizer.specialIds].sort()).toEqual([0, 1, 2]);
  });

  it("are left aside if they have more tokens than the model", async () => {
    const { tokenizerJson, notes } = await openModelFiles([vocabularyFile(), modelFile()]);
    expect(tokenizerJson).toBeUndefined();
    expect(notes).toEqual([
      expect.stringMatching(/tok\.bin has 266 tokens and the model 5: .*another model/),
    ]);
  });

  it("give way to a tokenizer.json", async () => {
    const json = fileFromBytes("tokenizer.json", new TextEncoder().encode('{"model":{"type":"odd"}}'));
    const { tokenizerJson } = await openModelFiles([vocabularyFile(), json, modelFile(WITH_TOKENS)]);
    expect(tokenizerJson).toEqual({ model: { type: "odd" } });
  });

  it.each<[string, SampleToken[], number | undefined, RegExp]>([
    [
      "a token longer than the longest",
      [
        ["<unk>", 0],
        ["abcdefgh", 0],
      ],
      6,
      /token 1 at byte 17 has 8 bytes/,
    ],
    [
      "too few tokens",
      [
        ["<unk>", 0],
        ["a", 0],
      ],
      undefined,
      /has 2 tokens, expected at least 3/,
    ],
    [
      "a score that is none",
      [
        ["<unk>", 0],
        ["a", 0],
        ["b", NaN],
      ],
      undefined,
      /token 2 .* the score NaN/,
    ],
  ])("refuse %s", async (_, tokens, longest, message) => {
    const opening = openModelFiles([vocabularyFile(tokens, longest), modelFile(WITH_TOKENS)]);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow(/^tok\.bin \(llama2\.c tokenizer\)/);
  });

  it("refuse a cut file and text that is none", async () => {
    const bytes = sampleVocabulary();
    const open = (changed: Uint8Array<ArrayBuffer>) =>
      openModelFiles([fileFromBytes("tok.bin", changed), modelFile(WITH_TOKENS)]);
    await expect(open(bytes.slice(0, -1))).rejects.toThrow(/token 265 .* has 1 bytes, expected 0 to 0/);
    bytes[bytes.length - 1] = 0xff;
    await expect(open(bytes)).rejects.toThrow(/token 265 is no UTF-8 text/);
  });
});
