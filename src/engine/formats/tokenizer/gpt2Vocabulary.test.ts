/** The two files of GPT-2's kind make the tokenizer that its tokenizer.json makes. */
import { describe, expect, it } from "vitest";
import { gpt2Tokenizer } from "./gpt2Vocabulary";
import type { Json } from "../bytes/json";
import { readTokenizerFiles } from "./tokenizerFiles";
import { fileFromBytes } from "../bytes/source";
import { createTokenizer } from "./tokenizer";
import { SAMPLES } from "./tokenizer.samples";

const { vocab, merges } = SAMPLES.byteLevel["model"] as { vocab: Record<string, number>; merges: string[] };
const END = "<|endoftext|>";
const VOCAB = { ...vocab, [END]: Object.keys(vocab).length };
const MERGES = `#version: 0.2\n${merges.join("\n")}\n`;
const TEXT = `the cat isn't  on the mat\n naïve 日本語 😀${END}Hello 123`;
const NO_BOS = { addBos: false };

const made = (more: object = {}, config?: Json) => {
  const { tokenizerJson, tokenizerConfig } = gpt2Tokenizer({
    vocab: VOCAB,
    merges: MERGES,
    tokenizerConfig: config,
    ...more,
  });
  return createTokenizer(tokenizerJson, tokenizerConfig);
};

describe("vocab.json and merges.txt", () => {
  it("equal the tokenizer.json", () => {
    const [one, other] = [made(), createTokenizer(SAMPLES.byteLevel)];
    const ids = one.encode(TEXT, NO_BOS);
    expect(ids).toEqual(other.encode(TEXT, NO_BOS));
    expect(ids).toContain(VOCAB[END]);
    expect(one.decode(ids)).toBe(TEXT.replace(END, ""));
    expect(one).toMatchObject({ bosId: VOCAB[END], eosId: VOCAB[END], bosByDefault: false });
  });

  it("take flags, added tokens and special tokens from their files", () => {
    const next = VOCAB[END]! + 1;
    const one = made(
      {
        addedTokens: { "<pad>": next, "<tool>": next + 1 },
        specialTokens: { pad_token: { content: "<pad>" } },
      },
      { add_prefix_space: true, add_bos_token: true },
    );
    expect(one.encode("<pad>", NO_BOS)).toEqual([next]);
    expect([one.specialIds.has(next), one.specialIds.has(next + 1)]).toEqual([true, false]);
    expect(one.encode("the", NO_BOS)).toEqual(made().encode(" the", NO_BOS));
    expect(one.bosByDefault).toBe(true);
    const decoder = { [next + 2]: { content: "<x>", special: true } };
    expect(made({}, { added_tokens_decoder: decoder }).specialIds.has(next + 2)).toBe(true);
  });

  it("refuse another kind's spellings", () => {
    expect(() => made({ vocab: { "low</w>": 0 } })).toThrow(/“low<\/w>”, so it is not GPT-2’s kind/);
    expect(() => made({ vocab: { low: 0 } })).toThrow(/no byte-level spelling/);
  });
});

describe("a folder", () => {
  const text = (name: string, content: string) => fileFromBytes(name, new TextEncoder().encode(content));
  const files = [text("vocab.json", JSON.stringify(VOCAB)), text("merges.txt", MERGES)];

  it("without tokenizer.json has a tokenizer", async () => {
    const { tokenizerJson, tokenizerConfig, notes } = await readTokenizerFiles(files);
    expect(createTokenizer(tokenizerJson!, tokenizerConfig).encode(TEXT, NO_BOS)).toEqual(
      made().encode(TEXT, NO_BOS),
    );
    expect(notes).toEqual([]);
  });

  it("says which of the two is missing, and what cannot be used", async () => {
    const { tokenizerJson, notes } = await readTokenizerFiles(files.slice(0, 1));
    expect(tokenizerJson).toBeUndefined();
    expect(notes.join()).toMatch(/vocab\.json is there without merges\.txt/);
    const odd = [text("vocab.json", '{"low</w>": 0}'), text("merges.txt", "")];
    expect((await readTokenizerFiles(odd)).notes.join()).toMatch(/not GPT-2’s kind/);
  });

  it("has its chat template in a file of its own", async () => {
    const config = text("tokenizer_config.json", '{"chat_template": "inside"}');
    const beside = await readTokenizerFiles([...files, config, text("chat_template.jinja", "beside")]);
    expect(beside.tokenizerConfig?.["chat_template"]).toBe("beside");
  });
});
