/** The tokenizer's own promises: BOS only when asked, exact texts, and files that the library would misread. */
import { describe, expect, it, vi } from "vitest";
import { isJsonObject, type Json } from "../bytes/json";
import { createTokenizer } from "./tokenizer";
import { SAMPLES } from "./tokenizer.samples";

const NO_BOS = { addBos: false };
const texts = (tokens: readonly { text: string }[]) => tokens.map(({ text }) => text);
const withModel = (json: Json, change: Json): Json => ({
  ...json,
  model: { ...(isJsonObject(json["model"]) ? json["model"] : {}), ...change },
});

describe("word-level", () => {
  const tokenizer = createTokenizer(SAMPLES.wordLevel, undefined, { bos_token_id: 1, eos_token_id: [2, 3] });

  it("puts spaces between words and none after BOS", () => {
    const ids = tokenizer.encode("Ann has 3 apples .", { addBos: true });
    expect(ids).toEqual([1, 3, 5, 15, 6, 9]);
    expect(texts(tokenizer.describe(ids))).toEqual(["<bos>", "Ann", " has", " 3", " apples", " ."]);
    expect(tokenizer.decode(ids)).toBe("Ann has 3 apples .");
  });

  it("describes a token that continues a text", () => {
    expect(texts(tokenizer.describe([5], 3))).toEqual([" has"]);
    expect(texts(tokenizer.describe([3], 1))).toEqual(["Ann"]);
  });

  it("takes BOS and EOS from the model's config, and adds BOS only if asked", () => {
    expect(tokenizer).toMatchObject({ bosId: 1, eosId: 2, bosByDefault: false, vocabSize: 16 });
    expect(tokenizer.encode("Ann", NO_BOS)).toEqual([3]);
    expect([...tokenizer.specialIds].sort()).toEqual([0, 1, 2]);
  });

  it("finds ids by text, and never the unknown token", () => {
    expect([" apples", "apples", "<eos>", "<unk>", "zebra"].map(tokenizer.idOf)).toEqual([
      6,
      6,
      2,
      0,
      undefined,
    ]);
  });

  it("names a word that it cannot encode", () => {
    const strict = createTokenizer(withModel(SAMPLES.wordLevel, { unk_token: null }));
    expect(() => strict.encode("Ann has zebras", NO_BOS)).toThrow(/does not know the word "zebras"/);
  });
});

describe("byte-level", () => {
  const tokenizer = createTokenizer(SAMPLES.byteLevel, {
    bos_token: "<|endoftext|>",
    eos_token: { content: "<|endoftext|>" },
  });

  it("shows bytes that are no whole character in hex", () => {
    const bytes = texts(tokenizer.describe(tokenizer.encode("漢", NO_BOS)));
    expect(bytes.join("")).toBe("0xE60xBC0xA2");
    expect(texts(tokenizer.describe(tokenizer.encode(" the", NO_BOS)))).toEqual([" the"]);
  });

  it("has a BOS token that is off by default, as GPT-2's is", () => {
    expect(tokenizer).toMatchObject({ bosId: tokenizer.eosId, bosByDefault: false });
    expect(tokenizer.idOf(" the")).toBe(tokenizer.encode(" the", NO_BOS)[0]);
    expect(
      createTokenizer(SAMPLES.byteLevel, { bos_token: "<|endoftext|>", add_bos_token: true }).bosByDefault,
    ).toBe(true);
  });

  it("refuses BOS where there is none, and shows ids that it does not have", () => {
    const bare = createTokenizer({ ...SAMPLES.byteLevel, added_tokens: [] });
    expect(() => bare.encode("a", { addBos: true })).toThrow(/no BOS token/);
    expect(bare.describe([99_999])).toEqual([{ id: 99_999, text: "[99999]", special: false }]);
    expect(bare.decode([99_999])).toBe("");
    expect(bare.encode("", NO_BOS)).toEqual([]);
  });

  it("reads merges as pairs", () => {
    const model = SAMPLES.byteLevel["model"] as { merges: string[] };
    const pairs = withModel(SAMPLES.byteLevel, { merges: model.merges.map((merge) => merge.split(" ")) });
    const text = "the cat isn't 日本語";
    expect(createTokenizer(pairs).encode(text, NO_BOS)).toEqual(tokenizer.encode(text, NO_BOS));
  });

  it("lets the longest added token win", () => {
    const added = ["<|a", "<|ab|>"].map((content, i) => ({ id: 1000 + i, content, special: false }));
    const overlapping = createTokenizer({ ...SAMPLES.byteLevel, added_tokens: added });
    expect(overlapping.encode("<|ab|>", NO_BOS)).toEqual([1001]);
    expect(overlapping.encode("<|a", NO_BOS)).toEqual([1000]);
  });
});

describe("SentencePiece", () => {
  const tokenizer = createTokenizer(SAMPLES.sentencePieceBpe);

  it("adds BOS by default, as its post-processor does, and strips the first space", () => {
    expect(tokenizer).toMatchObject({ bosId: 1, bosByDefault: true });
    const ids = tokenizer.encode("the cat", { addBos: true });
    expect(texts(tokenizer.describe(ids))).toEqual(["<s>", "the", " cat"]);
  });

  it("shows byte tokens as characters if they are whole, else in hex", () => {
    expect(texts(tokenizer.describe(tokenizer.encode("a\n", NO_BOS))).join("")).toBe("a\n");
    expect(texts(tokenizer.describe(tokenizer.encode("漢", NO_BOS))).join("")).toBe("0xE60xBC0xA2");
  });

  it("reads Metaspace of newer files, which name a scheme only", () => {
    const newer = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true };
    const unigram = createTokenizer({ ...SAMPLES.unigram, pre_tokenizer: newer, decoder: newer });
    const older = createTokenizer(SAMPLES.unigram);
    const ids = older.encode("the cat  sat", NO_BOS);
    expect(unigram.encode("the cat  sat", NO_BOS)).toEqual(ids);
    expect(unigram.decode(ids)).toBe("the cat  sat");
  });
});

describe("a Metaspace decoder", () => {
  const metaspace = (more: object) => ({ type: "Metaspace", replacement: "▁", ...more });
  const sequence = (...decoders: object[]) => ({ type: "Sequence", decoders });
  const fuse = [{ type: "ByteFallback" }, { type: "Fuse" }];
  const CASES: [string, object, string][] = [
    ["alone", metaspace({ prepend_scheme: "always" }), "the cat"],
    ["alone that adds nothing", metaspace({ prepend_scheme: "never", add_prefix_space: true }), " the cat"],
    ["in a sequence", sequence(metaspace({ prepend_scheme: "first" }), ...fuse), "the cat"],
    ["in a sequence, older", sequence(metaspace({ add_prefix_space: true }), ...fuse), "the cat"],
    [
      "in a sequence that adds nothing",
      sequence(metaspace({ prepend_scheme: "never", add_prefix_space: true }), ...fuse),
      " the cat",
    ],
    [
      "in a sequence in a sequence",
      sequence(sequence(metaspace({ prepend_scheme: "never", add_prefix_space: true })), ...fuse),
      " the cat",
    ],
    [
      "spelled out",
      sequence({ type: "Replace", pattern: { String: "▁" }, content: " " }, ...fuse, {
        ...{ type: "Strip", content: " ", start: 1, stop: 0 },
      }),
      "the cat",
    ],
  ];

  it.each(CASES)("%s", (_, decoder, text) => {
    const tokenizer = createTokenizer({ ...SAMPLES.unigram, decoder });
    const [the = -1, cat = -1] = ["▁the", "▁cat"].map(tokenizer.idOf);
    expect(tokenizer.decode([the, cat])).toBe(text);
    expect(texts(tokenizer.describe([the, cat])).join("")).toBe(text);
    // Behind another token the space stays, whatever the decoder does with the first one.
    expect(tokenizer.decode([cat], the)).toBe(" cat");
    expect(tokenizer.decode([cat, the], the)).toBe(" cat the");
  });

  it("begins a text behind a special token, and keeps whole characters", () => {
    const llama = createTokenizer(SAMPLES.sentencePieceBpe);
    const [bos = -1, ...rest] = llama.encode("the 漢", { addBos: true });
    expect(llama.decode(rest, bos)).toBe("the 漢");
    expect(llama.decode(rest.slice(1), rest[0])).toBe(" 漢");
  });
});

describe("createTokenizer", () => {
  it("never touches the network", () => {
    const fetch = vi.fn();
    vi.stubGlobal("fetch", fetch);
    createTokenizer(SAMPLES.byteLevel).encode("the cat", NO_BOS);
    expect(fetch).not.toHaveBeenCalled();
    vi.unstubAllGlobals();
  });

  it("keeps the chat template", async () => {
    const template = "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}";
    const chat = createTokenizer(SAMPLES.wordLevel, { chat_template: template, bos_token: "<s>" }).chat!;
    expect((await chat("hi")).text).toMatch(/\[user\] hi$/);
    const broken = createTokenizer(SAMPLES.wordLevel, { chat_template: "{{ raise_exception('no') }}" });
    await expect(broken.chat!("hi")).rejects.toThrow(/chat template cannot be used/);
    expect(createTokenizer(SAMPLES.wordLevel).chat).toBeUndefined();
    const several = {
      chat_template: [
        { name: "tools", template: "t" },
        { name: "default", template: "d" },
      ],
    };
    expect((await createTokenizer(SAMPLES.wordLevel, several).chat!("hi")).text).toBe("d");
  });

  it("gives a template what Hugging Face gives it", async () => {
    const template =
      "{{ bos_token }}|{{ pad_token }}|{{ tools is none }}|{{ tools is defined }}|{{ eos_token }}";
    const config = {
      chat_template: template,
      bos_token: null,
      eos_token: { content: "<eos>" },
      pad_token: "<p>",
    };
    const chat = createTokenizer(SAMPLES.wordLevel, config, { bos_token_id: 1 }).chat!;
    expect((await chat("hi")).text).toBe("|<p>|True|True|<eos>");
    const bare = createTokenizer(SAMPLES.wordLevel, { chat_template: template }, { bos_token_id: 1 }).chat!;
    expect((await bare("hi")).text).toBe("<bos>||True|True|");
  });

  it("does not choose among templates that are for something else", async () => {
    const named = (...names: string[]) => ({
      chat_template: names.map((name) => ({ name, template: name })),
    });
    const chat = (...names: string[]) => createTokenizer(SAMPLES.wordLevel, named(...names)).chat!("hi");
    await expect(chat("rag", "tool_use")).rejects.toThrow(
      "2 templates (rag, tool_use) and none is called default",
    );
    expect((await chat("only")).text).toBe("only");
  });

  const spaced = [["a b", "c"]];
  it.each<[string, Json, string, RegExp]>([
    ["an unknown model type", withModel(SAMPLES.wordLevel, { type: "Neural" }), "Unsupported", /"Neural"/],
    ["an unknown normalizer", { ...SAMPLES.wordLevel, normalizer: { type: "Odd" } }, "Unsupported", /Odd/],
    [
      "an unknown pre-tokenizer",
      { ...SAMPLES.wordLevel, pre_tokenizer: { type: "Odd" } },
      "Unsupported",
      /Odd/,
    ],
    [
      "a split that would be misread",
      {
        ...SAMPLES.wordLevel,
        pre_tokenizer: { type: "Split", pattern: { String: "a" }, behavior: "Removed", invert: false },
      },
      "Unsupported",
      /Removed/,
    ],
    [
      "a merge with a space in a part",
      withModel(SAMPLES.byteLevel, { merges: spaced }),
      "Unsupported",
      /merges\[0\]/,
    ],
    ["a merge that is no pair", withModel(SAMPLES.byteLevel, { merges: ["abc"] }), "BadFile", /merges\[0\]/],
    ["a fractional id", withModel(SAMPLES.wordLevel, { vocab: { a: 0.5 } }), "BadFile", /vocab/],
    ["no model", {}, "BadFile", /model/],
    [
      "an added token without text",
      { ...SAMPLES.wordLevel, added_tokens: [{ id: 1, content: "" }] },
      "BadFile",
      /added_tokens\[0\]/,
    ],
  ])("refuses %s", (_, json, name, message) => {
    expect(() => createTokenizer(json)).toThrow(message);
    expect(() => createTokenizer(json)).toThrow(expect.objectContaining({ name }));
  });
});
