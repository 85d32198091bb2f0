/** Tokenizers from inside GGUF files: the same ids as from the tokenizer.json that they were made from. */
import { describe, expect, it } from "vitest";
import type { GgufValue } from "./ggufCursor";
import { ggufTokenizer } from "./ggufTokenizer";
import type { Json } from "../bytes/json";
import { PRE_TOKENIZERS } from "../tokenizer/preTokenizers";
import { createTokenizer, type Tokenizer } from "../tokenizer/tokenizer";
import { SAMPLES } from "../tokenizer/tokenizer.samples";

const NO_BOS = { addBos: false };
const TEXTS = [
  "the cat sat on the mat and the dog ran",
  "  Hello world!  It's 2024,\tisn't it?\n\n",
  "naïve café — 日本語 😀",
  "def main():\n    return 1 + 2",
  "the <s> cat </s>",
  "",
];

const metadataOf = (fields: Record<string, GgufValue>) =>
  new Map(
    Object.entries(fields).map(([key, value]) => [key.includes(".") ? key : `tokenizer.ggml.${key}`, value]),
  );
const convert = (fields: Record<string, GgufValue>) => ggufTokenizer("m.gguf", metadataOf(fields));
function create(fields: Record<string, GgufValue>): Tokenizer {
  const { tokenizerJson, tokenizerConfig } = convert(fields);
  return createTokenizer(tokenizerJson!, tokenizerConfig, {});
}

/** The lists of a GGUF file for a tokenizer.json: tokens in order, types as llama.cpp's converter gives them. */
function listsOf(json: Json) {
  const { vocab, merges } = json["model"] as { vocab: Record<string, number>; merges: string[] };
  const added = json["added_tokens"] as { id: number; content: string }[];
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(vocab)) tokens[id] = token;
  for (const { id, content } of added) tokens[id] = content;
  const token_type = tokens.map((token, id) => {
    if (token === "<unk>") return 2;
    if (added.some((one) => one.id === id)) return 3;
    return /^<0x..>$/.test(token) ? 6 : 1;
  });
  // SentencePiece scores: minus the rank of the merge that makes the piece.
  const ranks = new Map(merges.map((merge, rank) => [merge.replace(" ", ""), rank]));
  const scores = tokens.map((token) => -(ranks.get(token) ?? merges.length));
  return { tokens, token_type, merges, scores };
}

function expectSame(one: Tokenizer, other: Tokenizer, texts = TEXTS): void {
  for (const text of texts) {
    const ids = other.encode(text, NO_BOS);
    expect(one.encode(text, NO_BOS), text).toEqual(ids);
    expect(one.decode(ids)).toBe(other.decode(ids));
    expect(one.describe(ids)).toEqual(other.describe(ids));
  }
}

describe("byte-level BPE", () => {
  const { tokens, token_type, merges } = listsOf(SAMPLES.byteLevel);
  const end = tokens.length - 1;
  const fields = {
    model: "gpt2",
    pre: "gpt-2",
    tokens,
    token_type,
    merges,
    bos_token_id: end,
    eos_token_id: end,
  };

  it("equals the tokenizer.json that it is made from", () => {
    const tokenizer = create(fields);
    expectSame(tokenizer, createTokenizer(SAMPLES.byteLevel));
    expect(tokenizer).toMatchObject({ bosId: end, eosId: end, bosByDefault: false });
    expect([...tokenizer.specialIds]).toEqual([end]);
    expect(convert(fields).notes).toEqual([]);
  });

  /** The words that a text is cut into: with every substring a token, each word is one. */
  function cut(pre: string, text: string): string[] {
    const { tokenizerJson } = convert({ ...fields, pre });
    const spelled = text.replaceAll(" ", "Ġ").replaceAll("\n", "Ċ");
    const parts = new Set(
      [...spelled].flatMap((_, from) => [...spelled].map((_, to) => spelled.slice(from, to + 1))),
    );
    const vocab = Object.fromEntries([...parts].map((part, id) => [part, id]));
    const model = { ...(tokenizerJson!["model"] as Json), ignore_merges: true, vocab };
    const tokenizer = createTokenizer({ ...tokenizerJson, model, added_tokens: [] });
    return tokenizer.describe(tokenizer.encode(text, NO_BOS)).map((token) => token.text);
  }

  const TEXT = "It'S I'll 12345 go!!\n\n  xY $5";
  it.each([
    ["gpt-2", ["It", "'", "S", " I", "'ll", " 12345", " go", "!!", "\n\n ", " xY", " $", "5"]],
    ["llama-bpe", ["It", "'S", " I", "'ll", " ", "123", "45", " go", "!!\n\n", " ", " xY", " $", "5"]],
    ["dbrx", ["It", "'S", " I", "'ll", " ", "123", "45", " go", "!!\n\n", " ", " xY", " $", "5"]],
    ["gpt-4o", ["It'S", " I'll", " ", "123", "45", " go", "!!\n\n", " ", " x", "Y", " $", "5"]],
    [
      "qwen2",
      ["It", "'S", " I", "'ll", " ", "1", "2", "3", "4", "5", " go", "!!\n\n", " ", " xY", " $", "5"],
    ],
    [
      "smollm",
      ["It", "'", "S", " I", "'ll", " ", "1", "2", "3", "4", "5", " go", "!!", "\n\n ", " xY", " $", "5"],
    ],
    [
      "tekken",
      ["It", "'S", " I", "'ll", " ", "1", "2", "3", "4", "5", " go", "!!\n\n", " ", " x", "Y", " $", "5"],
    ],
    [
      "default",
      ["It", "'", "S", " I", "'", "ll", " ", "123", "45", " go", "!!", "\n\n ", " xY", " ", "$", "5"],
    ],
  ])("%s cuts a text into its words", (pre, words) => {
    expect(cut(pre, TEXT)).toEqual(words);
  });

  it("keeps every character, whatever the name", () => {
    for (const pre of PRE_TOKENIZERS.keys()) {
      const tokenizer = create({ ...fields, pre });
      for (const text of TEXTS) {
        const back = tokenizer.decode(tokenizer.encode(text, NO_BOS));
        expect(back, pre).toBe(text.normalize(pre.includes("qwen") ? "NFC" : undefined));
      }
    }
  });

  it("begins with BOS where Llama 3's does, unless the file says otherwise", () => {
    expect(create({ ...fields, pre: "llama-bpe" }).bosByDefault).toBe(true);
    expect(create({ ...fields, pre: "llama-bpe", add_bos_token: false }).bosByDefault).toBe(false);
    expect(create({ ...fields, add_bos_token: true }).bosByDefault).toBe(true);
  });

  it("takes a whole word that is a token before any merge, as Llama 3's does", () => {
    const words = { ...fields, tokens: [...tokens, "zq"], token_type: [...token_type, 1] };
    expect(create({ ...words, pre: "llama-bpe" }).encode("zq", NO_BOS)).toEqual([tokens.length]);
    expect(create(words).encode("zq", NO_BOS)).toHaveLength(2);
  });

  it("says so if the pre-tokenizer is not known or not named", () => {
    expect(convert({ ...fields, pre: "odd" }).notes[0]).toMatch(/pre is "odd".*as "default" does/);
    const unnamed = Object.fromEntries(Object.entries(fields).filter(([key]) => key !== "pre"));
    expect(convert({ ...unnamed, "general.architecture": "qwen2" }).notes[0]).toMatch(/missing.*"qwen2"/);
    expect(convert({ ...unnamed, "general.architecture": "llama" }).notes[0]).toMatch(/missing.*"default"/);
  });

  it("finds control tokens and tokens of users in the text", () => {
    const tokenizer = create({
      ...fields,
      tokens: [...tokens, "<think>", "<|user|>", "[PAD]", ""],
      token_type: [...token_type, 4, 3, 5, 3],
    });
    const [think, user] = [tokens.length, tokens.length + 1];
    expect(tokenizer.encode("<|user|><think>", NO_BOS)).toEqual([user, think]);
    expect([think, user, think + 2].map((id) => tokenizer.specialIds.has(id))).toEqual([false, true, false]);
  });
});

describe("SentencePiece BPE", () => {
  const { tokens, token_type, scores } = listsOf(SAMPLES.sentencePieceBpe);
  const fields = {
    ...{ model: "llama", tokens, token_type, scores },
    ...{ bos_token_id: 1, eos_token_id: 2, unknown_token_id: 0 },
  };

  it("equals the tokenizer.json that it is made from: merges from scores", () => {
    const tokenizer = create(fields);
    // The sample has pieces of letters that are no pieces; SentencePiece makes no such models.
    const texts = TEXTS.map((text) => text.replace(/[^\p{ASCII}é]+/gu, "漢"));
    expectSame(tokenizer, createTokenizer(SAMPLES.sentencePieceBpe), texts);
    expect(tokenizer).toMatchObject({ bosId: 1, eosId: 2, bosByDefault: true });
    expect([...tokenizer.specialIds].sort()).toEqual([0, 1, 2]);
  });

  it("puts no space in front where the file says so", () => {
    const texts = (tokenizer: Tokenizer) =>
      tokenizer.describe(tokenizer.encode("cat the", NO_BOS)).map(({ text }) => text);
    expect(texts(create(fields))).toEqual(["cat", " the"]);
    const bare = create({ ...fields, add_space_prefix: false });
    expect(texts(bare).join("")).toBe("cat the");
    expect(bare.idOf("cat")).not.toBe(create(fields).idOf("cat"));
    expect(bare.decode(bare.encode(" cat", NO_BOS))).toBe(" cat");
  });

  it("finds runs of spaces that a user defined", () => {
    const runs = create({
      ...fields,
      tokens: [...tokens, "▁▁▁"],
      token_type: [...token_type, 4],
      scores: [...scores, 0],
    });
    expect(runs.encode("a   b", NO_BOS)).toContain(tokens.length);
  });

  it("merges nothing without scores, and says so", () => {
    const bare = Object.fromEntries(Object.entries(fields).filter(([key]) => key !== "scores"));
    expect(convert(bare).notes[0]).toMatch(/scores is missing/);
    expect(create(bare).encode("the", NO_BOS)).toHaveLength(4);
  });
});

describe("SentencePiece Unigram", () => {
  const { vocab } = SAMPLES.unigram["model"] as { vocab: [string, number][] };
  const fields = {
    model: "t5",
    tokens: vocab.map(([token]) => token),
    scores: vocab.map(([, score]) => score),
    token_type: vocab.map(([token]) => (token === "<unk>" ? 2 : token.startsWith("<") ? 3 : 1)),
  };

  it("equals the tokenizer.json that it is made from", () => {
    expectSame(create(fields), createTokenizer(SAMPLES.unigram), ["the cat sat on", "the  cat.", "cé", ""]);
  });

  it("drops extra spaces where the file says so, and admits what it replaces", () => {
    const tokenizer = create({ ...fields, remove_extra_whitespaces: true });
    expect(tokenizer.decode(tokenizer.encode("the   cat ", NO_BOS))).toBe("the cat");
    expect(convert({ ...fields, precompiled_charsmap: [1, 2] }).notes[0]).toMatch(/NFKC/);
  });
});

describe("ggufTokenizer", () => {
  it("keeps the chat template", () => {
    const { tokenizerConfig } = convert({
      model: "gpt2",
      tokens: ["a"],
      "tokenizer.chat_template": "{{ x }}",
    });
    expect(tokenizerConfig).toMatchObject({ chat_template: "{{ x }}" });
  });

  it("leaves kinds that it does not know out, and says so", () => {
    expect(convert({ model: "rwkv", tokens: ["a"] })).toEqual({ notes: [expect.stringMatching(/"rwkv"/)] });
    expect(convert({ model: "toString", tokens: ["a"] }).tokenizerJson).toBeUndefined();
    expect(convert({}).notes[0]).toMatch(/none, which is not known: token ids only/);
  });

  it.each<[string, Record<string, GgufValue>, RegExp]>([
    ["tokens that are no texts", { tokens: [1] }, /tokens is not a list of strings/],
    [
      "types of another number",
      { tokens: ["a"], token_type: [1, 1] },
      /token_type is not a list of 1 numbers/,
    ],
    ["scores that are no numbers", { tokens: ["a"], scores: ["x"] }, /scores is not a list of 1 numbers/],
  ])("refuses %s", (_, fields, message) => {
    expect(() => convert({ model: "llama", ...fields })).toThrow(message);
    expect(() => convert({ model: "llama", ...fields })).toThrow(
      expect.objectContaining({ name: "BadFile" }),
    );
  });

  it("survives ids that are not there, and names of Object's own", () => {
    const tokenizer = create({ model: "llama", tokens: ["__proto__", "a"], scores: [0, 0], bos_token_id: 9 });
    expect(tokenizer.bosId).toBeUndefined();
    expect(tokenizer.idOf("__proto__")).toBe(0);
  });
});
