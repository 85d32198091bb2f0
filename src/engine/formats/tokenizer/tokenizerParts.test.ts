/** Whatever the tokenizer and wherever the cuts: the tokens of the parts, joined, are those of the whole text. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { seededIndex } from "../../../random/seededIndex";
import type { Json } from "../bytes/json";
import { createTokenizer, type Tokenizer } from "./tokenizer";
import { SAMPLES } from "./tokenizer.samples";

const ledger = JSON.parse(readFileSync("static/models/ledger/tokenizer.json", "utf8")) as Json;
const metaspace = (more: Json) => ({ type: "Metaspace", replacement: "▁", ...more });
const withMetaspace = (more: Json): Json => ({
  ...SAMPLES.unigram,
  pre_tokenizer: metaspace(more),
  decoder: metaspace(more),
});

const TOKENIZERS: Readonly<Record<string, Json>> = {
  ...SAMPLES,
  ledger,
  lowerCase: {
    ...SAMPLES.sentencePieceBpe,
    normalizer: { type: "Sequence", normalizers: [{ type: "Lowercase" }] },
  },
  byteLevelPrefix: {
    ...SAMPLES.byteLevel,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  },
  metaspaceFirst: withMetaspace({ prepend_scheme: "first", split: true }),
  metaspaceNever: withMetaspace({ prepend_scheme: "never", split: false }),
};

const TEXTS = [
  "Ann has 3 apples . Bob gives 2 to Ann .",
  "the cat sat on the mat and the dog",
  "Hello world!  It's 2024,\n\nisn't it? ",
  " naïve café — ünïcode, 日本語 and 😀😀 .",
  "the <s> cat</s> sat <unk> on",
  "thecatsatonthemat",
];

/** The text in up to five parts, at drawn places. */
function cuts(text: string, seed: number): string[] {
  const places = Array.from({ length: 4 }, (_, i) => seededIndex(seed * 4 + i, text.length + 1)).sort(
    (a, b) => a - b,
  );
  return [...places, text.length].map((end, i) => text.slice(i === 0 ? 0 : places[i - 1], end));
}

const textOf = (tokenizer: Tokenizer, ids: readonly number[]) =>
  tokenizer
    .describe(ids)
    .map(({ text }) => text)
    .join("");

describe.each(Object.entries(TOKENIZERS))("%s", (_, json) => {
  const tokenizer = createTokenizer(json, { bos_token: "<s>" });

  it.each(TEXTS)("joins to the whole: %s", (text) => {
    const whole = tokenizer.encode(text, { addBos: false });
    for (let seed = 0; seed < 40; seed++) {
      const texts = cuts(text, seed);
      const { parts } = tokenizer.encodeParts(texts, { addBos: false });
      expect(parts).toHaveLength(texts.length);
      expect(parts.flat(), JSON.stringify(texts)).toEqual(whole);
      let before: number | undefined;
      const described = parts.map((ids) => {
        const own = tokenizer
          .describe(ids, before)
          .map((token) => token.text)
          .join("");
        before = ids.findLast((id) => !tokenizer.specialIds.has(id)) ?? before;
        return own;
      });
      expect(described.join("")).toBe(textOf(tokenizer, whole));
    }
  });
});

describe("cuts", () => {
  const llama = createTokenizer(SAMPLES.sentencePieceBpe);
  const gpt = createTokenizer(SAMPLES.byteLevel);
  const texts = (tokenizer: Tokenizer, parts: readonly (readonly number[])[]) =>
    parts.map((ids) =>
      tokenizer
        .describe(ids, tokenizer.encode("a", { addBos: false })[0])
        .map(({ text }) => text)
        .join(""),
    );

  it("lie where the parts meet, with BOS in the first", () => {
    const { parts, moved } = llama.encodeParts(["the cat", " sat on", " the mat"], { addBos: true });
    expect(parts[0]?.[0]).toBe(llama.bosId);
    expect(texts(llama, parts)).toEqual(["<s> the cat", " sat on", " the mat"]);
    expect(moved).toEqual([]);
  });

  it.each([llama, gpt])(
    "inside a word move to its end, after white space to the white space",
    (tokenizer) => {
      const inside = tokenizer.encodeParts(["the cat sat", " on th", "e mat"], { addBos: false });
      expect(texts(tokenizer, inside.parts).map((text) => text.trim())).toEqual([
        "the cat sat",
        "on the",
        "mat",
      ]);
      expect(inside.moved).toEqual([{ part: 2, text: "e", to: "before" }]);
      const space = tokenizer.encodeParts(["the cat ", "sat"], { addBos: false });
      expect(texts(tokenizer, space.parts)).toEqual([tokenizer === llama ? " the cat" : "the cat", " sat"]);
      expect(space.moved).toEqual([{ part: 1, text: " ", to: "behind" }]);
    },
  );

  it("stay between the bytes of characters that are several tokens", () => {
    for (const tokenizer of [llama, gpt]) {
      const { parts, moved } = tokenizer.encodeParts(["漢", "字", "😀"], { addBos: false });
      expect(parts.map(({ length }) => length)).toEqual(tokenizer === llama ? [4, 3, 4] : [3, 3, 4]);
      expect(moved).toEqual([]);
    }
  });

  it("know unknown words and words in capitals", () => {
    const lower = createTokenizer(TOKENIZERS["lowerCase"] ?? {});
    const { parts } = lower.encodeParts(["THE", " CAT"], { addBos: false });
    expect(parts.map((ids) => lower.decode(ids))).toEqual(
      ["the", " cat"].map((text) => lower.decode(lower.encode(text, { addBos: false }))),
    );
    const words = createTokenizer(ledger);
    const unknown = words.idOf("<unk>");
    const { parts: found } = words.encodeParts(["zebra ox", " has zebras", " ."], { addBos: false });
    expect(found[0]).toEqual([unknown, unknown]);
    expect(found[1]?.at(-1)).toBe(unknown);
    expect(found[2]).toEqual(words.encode(".", { addBos: false }));
  });

  it("leave words alone that have no space between them", () => {
    const words = createTokenizer(ledger);
    const { parts } = words.encodeParts(["Answer :", "10"], { addBos: false });
    expect(parts[1]).toEqual(words.encode("10", { addBos: false }));
  });
});

describe("encodeInside", () => {
  it("adds no space of its own", () => {
    const llama = createTokenizer(SAMPLES.sentencePieceBpe);
    expect(llama.encode(" the", { addBos: false })).toHaveLength(2);
    expect(llama.encodeInside(" the")).toEqual(llama.encode("the", { addBos: false }));
    expect(llama.encodeInside("the")).not.toEqual(llama.encode("the", { addBos: false }));
    const words = createTokenizer(ledger);
    expect(words.encodeInside(" 10")).toEqual(words.encode("10", { addBos: false }));
  });
});
