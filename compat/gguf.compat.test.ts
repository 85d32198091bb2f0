/** A GGUF model of others equals the same model in safetensors; real vocabularies work from inside GGUF files. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { GgufValue } from "../src/engine/formats/gguf/ggufCursor";
import type { Json } from "../src/engine/formats/bytes/json";
import { openModelFiles } from "../src/engine/formats/modelFiles";
import type { StoredTensor } from "../src/engine/formats/storedModel";
import { fileFromBytes } from "../src/engine/formats/bytes/source";
import { readRows } from "../src/engine/formats/tensorReader";
import { createTokenizer, type Tokenizer } from "../src/engine/formats/tokenizer/tokenizer";
import { writeGguf } from "../src/engine/formats/gguf/writeGguf";
import { compatJson, compatPath, isMissing } from "./folder";

const bytesOf = (path: string) => new Uint8Array(readFileSync(compatPath(path)));
const fileAs = (name: string, path: string) => fileFromBytes(name, bytesOf(path));

async function valuesOf(tensor: StoredTensor): Promise<number[]> {
  const values: number[] = [];
  for await (const { data } of readRows(tensor)) values.push(...data);
  return values;
}

describe.skipIf(isMissing("tiny_archs"))("tiny_llama_f32.gguf", () => {
  const opened = (async () => ({
    gguf: await openModelFiles([fileAs("tiny.gguf", "tiny_archs/tiny_llama_f32.gguf")]),
    plain: await openModelFiles([
      fileAs("config.json", "tiny_archs/tiny_llama_config.json"),
      fileAs("model.safetensors", "tiny_archs/tiny_llama.safetensors"),
    ]),
  }))();

  it("equals tiny_llama.safetensors, tensor by tensor", async () => {
    const { gguf, plain } = await opened;
    // The safetensors also hold the rotary frequencies, which follow from the config.
    const names = [...plain.tensors.keys()].filter((name) => !name.endsWith(".inv_freq"));
    expect([...gguf.tensors.keys()].sort()).toEqual(names.sort());
    for (const [name, tensor] of gguf.tensors) {
      const other = plain.tensors.get(name)!;
      expect(tensor.entry.shape, name).toEqual(other.entry.shape);
      expect(await valuesOf(tensor), name).toEqual(await valuesOf(other));
    }
  });

  it("has the same config", async () => {
    const { gguf, plain } = await opened;
    for (const [name, value] of Object.entries(plain.config))
      if (name !== "architectures") expect(gguf.config[name], name).toEqual(value);
  });
});

/** A tokenizer that went into a GGUF file and came out again. */
async function throughGguf(fields: Readonly<Record<string, GgufValue>>): Promise<Tokenizer> {
  const metadata = Object.entries(fields).map(([name, value]) => [`tokenizer.ggml.${name}`, value]);
  const sizes = [
    "block_count",
    "context_length",
    "embedding_length",
    "feed_forward_length",
    "attention.head_count",
  ];
  const bytes = writeGguf({
    metadata: {
      "general.architecture": "gpt2",
      ...Object.fromEntries(sizes.map((name) => [`gpt2.${name}`, 1])),
      ...Object.fromEntries(metadata),
    },
    tensors: [{ name: "token_embd.weight", shape: [1, 1], dtype: "F32", bytes: new Uint8Array(4) }],
  });
  const { tokenizerJson, tokenizerConfig, notes } = await openModelFiles([fileFromBytes("t.gguf", bytes)]);
  expect(notes).toEqual([]);
  return createTokenizer(tokenizerJson!, tokenizerConfig);
}

interface Case {
  readonly input: string;
  readonly encoded: { readonly input_ids: readonly number[] };
}

describe.skipIf(isMissing("tokenizers"))("GPT-2's vocabulary in a GGUF file", () => {
  it("gives the published ids", async () => {
    const { model } = compatJson<{ model: { vocab: Record<string, number>; merges: string[] } }>(
      "tokenizers/gpt2_tokenizer.json",
    );
    const tokens: string[] = [];
    for (const [token, id] of Object.entries(model.vocab)) tokens[id] = token;
    const tokenizer = await throughGguf({
      ...{ model: "gpt2", pre: "gpt-2", tokens, merges: model.merges },
      token_type: tokens.map((token) => (token === "<|endoftext|>" ? 3 : 1)),
    });
    const { distilgpt2: cases = [] } = compatJson<Record<string, readonly Case[]>>(
      "tokenizers/tokenizer_tests.json",
    );
    expect(cases).toHaveLength(18);
    for (const { input, encoded } of cases)
      expect(tokenizer.encode(input, { addBos: false }), input).toEqual(encoded.input_ids);
  });
});

describe.skipIf(isMissing("stories260K"))("a SentencePiece vocabulary of 512 in a GGUF file", () => {
  /** llama2.c's tokenizer.bin: the longest length, then score, length and text of each token. */
  function readVocabulary(): { tokens: string[]; scores: number[] } {
    const bytes = bytesOf("stories260K/tok512.bin");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const [tokens, scores]: [string[], number[]] = [[], []];
    for (let at = 4; at < bytes.length;) {
      const length = view.getInt32(at + 4, true);
      scores.push(view.getFloat32(at, true));
      tokens.push(new TextDecoder().decode(bytes.subarray(at + 8, at + 8 + length)).replaceAll(" ", "▁"));
      at += 8 + length;
    }
    return { tokens: ["<unk>", "<s>", "</s>", ...tokens.slice(3)], scores };
  }

  /** SentencePiece as llama2.c has it: join the best pair until there is none. */
  function slowEncode(text: string, ids: ReadonlyMap<string, number>, scores: readonly number[]): number[] {
    const found = [...`▁${text.replaceAll(" ", "▁")}`].flatMap((char) => {
      const id = ids.get(char);
      return id === undefined ? [...new TextEncoder().encode(char)].map((byte) => byte + 3) : [id];
    });
    const spelling = [...ids.keys()];
    for (;;) {
      let best: { at: number; id: number } | undefined;
      for (let at = 0; at + 1 < found.length; at++) {
        const id = ids.get(spelling[found[at]!]! + spelling[found[at + 1]!]!);
        if (id !== undefined && (best === undefined || scores[id]! > scores[best.id]!)) best = { at, id };
      }
      if (best === undefined) return found;
      found.splice(best.at, 2, best.id);
    }
  }

  it("encodes as joining the best pair does, and as the model was run", async () => {
    const { tokens, scores } = readVocabulary();
    const ids = new Map(tokens.map((token, id) => [token, id]));
    expect(ids.size).toBe(512);
    const tokenizer = await throughGguf({
      ...{ model: "llama", tokens, scores, bos_token_id: 1, eos_token_id: 2 },
      token_type: tokens.map((token, id) => (id === 0 ? 2 : id < 3 ? 3 : /^<0x..>$/.test(token) ? 6 : 1)),
    });
    const lines = readFileSync(compatPath("corpora/tinyshakespeare.txt"), "utf8").split("\n").slice(0, 2000);
    for (const line of [...lines, "Lily's café — 日本語 😀", "  two  spaces "].filter(
      (line) => line !== "",
    )) {
      const encoded = tokenizer.encode(line, { addBos: false });
      expect(encoded, line).toEqual(slowEncode(line, ids, scores));
      expect(tokenizer.decode(encoded)).toBe(line);
    }
    const { tokens: prompt, text } = compatJson<Json & { tokens: number[]; text: string }>(
      "stories260K/reference.json",
    );
    expect(tokenizer.encode(text, { addBos: true }).slice(0, prompt.length)).toEqual(prompt);
    expect(tokenizer.bosByDefault).toBe(true);
  });
});
