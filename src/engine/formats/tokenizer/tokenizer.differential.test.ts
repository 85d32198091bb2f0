/** Our tokenizer against another implementation of the format, on random texts: same ids, same text back. */
import { Tokenizer as Peer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTokenizer } from "./tokenizer";
import { SAMPLES } from "./tokenizer.samples";

const RUNS = 2_000;
const PIECES = [
  "the",
  " cat",
  "Hello",
  " ",
  "  ",
  "\n",
  "\t",
  "é",
  "日本",
  "😀",
  "'s",
  "123",
  ".",
  "!?",
  "▁",
  "<0x41>",
];
const WORDS = ["Ann", "Bob", "has", "apples", ".", "?", "A:", "1", "<eos>", "zebra", "\n", "  "];

const mixed = (pieces: string[], specials: string[]) =>
  fc
    .array(fc.oneof(fc.constantFrom(...pieces, ...specials), fc.string({ unit: "binary", maxLength: 6 })), {
      maxLength: 12,
    })
    .map((parts) => parts.join(""));

const TEXTS = {
  byteLevel: mixed(PIECES, ["<|endoftext|>", "<|endof"]),
  sentencePieceBpe: mixed(PIECES, ["</s>", "<s>"]),
  wordLevel: fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join(" ")),
  unigram: mixed(["the", " cat", " ", "sat", " on", "é", "x", "."], ["</s>"]),
};

describe.each(Object.keys(SAMPLES) as (keyof typeof SAMPLES)[])("%s", (kind) => {
  const json = SAMPLES[kind];
  const ours = createTokenizer(json);
  const peer = new Peer(json, { unk_token: kind === "wordLevel" ? "<unk>" : undefined });

  it(`encodes and decodes ${RUNS} random texts as the peer does`, () => {
    fc.assert(
      fc.property(TEXTS[kind], (text) => {
        const ids = ours.encode(text, { addBos: false });
        expect(ids).toEqual(text === "" ? [] : peer.encode(text, { add_special_tokens: false }).ids);
        const plain = ids.filter((id) => !ours.specialIds.has(id));
        const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
        // The peer refuses to decode nothing.
        expect(ours.decode(ids)).toBe(plain.length === 0 ? "" : peer.decode(ids, options));
      }),
      { numRuns: RUNS, seed: 1 },
    );
  });

  it("describes tokens so that their texts add up to the decoded text", () => {
    fc.assert(
      fc.property(TEXTS[kind], (text) => {
        const described = ours.describe(ours.encode(text, { addBos: false }));
        const plain = described.filter(({ special }) => !special);
        const hexes = plain.some((token) => /^.*0x[89A-F][0-9A-F]/.test(token.text));
        // A character over several tokens is shown in bytes.
        if (!hexes)
          expect(plain.map((token) => token.text).join("")).toBe(ours.decode(plain.map(({ id }) => id)));
      }),
      { numRuns: RUNS, seed: 2 },
    );
  });
});
