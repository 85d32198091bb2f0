/** Small hand-made `tokenizer.json` files of each kind, for tests: a real one has megabytes. */
import type { Json } from "../bytes/json";

const TEXT =
  "the cat sat on the mat and the dog ran after the cat. Hello world! It's 2024, isn't it? " +
  "naïve café — ünïcode, 日本語 and emoji 😀. def main():\n\treturn 1 + 2\n";

/** Merges learned greedily from words cut into characters; ties go to the first pair. */
function learnMerges(words: readonly string[], count: number): string[] {
  let pieces = words.map((word) => [...word]);
  const merges: string[] = [];
  while (merges.length < count) {
    const counts = new Map<string, number>();
    for (const word of pieces) {
      for (let i = 1; i < word.length; i++) {
        const pair = `${word[i - 1]} ${word[i]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const [best] = [...counts].sort(([, a], [, b]) => b - a);
    if (best === undefined) break;
    const [left = "", right = ""] = best[0].split(" ");
    merges.push(best[0]);
    pieces = pieces.map((word) => join(word, left, right));
  }
  return merges;
}

function join(word: readonly string[], left: string, right: string): string[] {
  const joined: string[] = [];
  for (let i = 0; i < word.length; i++) {
    if (word[i] === left && word[i + 1] === right) {
      joined.push(left + right);
      i++;
    } else joined.push(word[i] ?? "");
  }
  return joined;
}

const ids = (tokens: Iterable<string>, first = 0) =>
  Object.fromEntries([...new Set(tokens)].map((token, i) => [token, first + i]));
const added = (id: number, content: string, special = true) => ({
  id,
  content,
  special,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
});

/** How GPT-2 spells each byte. */
const BYTE_SPELLINGS = (() => {
  let next = 256;
  const isPlain = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPlain(byte) ? byte : next++));
})();

function byteLevel(): Json {
  const spell = (text: string) =>
    Array.from(new TextEncoder().encode(text), (byte) => BYTE_SPELLINGS[byte] ?? "").join("");
  const merges = learnMerges((TEXT.match(/ ?\S+|\s/g) ?? []).map(spell), 120);
  const vocab = ids([...BYTE_SPELLINGS, ...merges.map((merge) => merge.replace(" ", ""))]);
  const byteLevelPart = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    added_tokens: [added(Object.keys(vocab).length, "<|endoftext|>")],
    normalizer: null,
    pre_tokenizer: byteLevelPart,
    post_processor: byteLevelPart,
    decoder: byteLevelPart,
    model: { type: "BPE", unk_token: null, vocab, merges },
  };
}

function sentencePieceBpe(): Json {
  const merges = learnMerges(
    TEXT.replaceAll("\n", "")
      .split(" ")
      .map((word) => `▁${word}`),
    80,
  );
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const letters = [..."▁abcdefghijklmnopqrstuvwxyzHIé0123456789.,!?'"];
  const vocab = ids(["<unk>", "<s>", "</s>", ...bytes, ...letters, ...merges.map((m) => m.replace(" ", ""))]);
  const replace = (from: string, to: string) => ({ type: "Replace", pattern: { String: from }, content: to });
  return {
    added_tokens: [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>")],
    normalizer: { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "▁" }, replace(" ", "▁")] },
    pre_tokenizer: null,
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [],
      special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
    },
    decoder: {
      type: "Sequence",
      decoders: [
        replace("▁", " "),
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    model: { type: "BPE", unk_token: "<unk>", fuse_unk: true, byte_fallback: true, vocab, merges },
  };
}

function wordLevel(): Json {
  const words = [
    "<unk>",
    "<bos>",
    "<eos>",
    "Ann",
    "Bob",
    "has",
    "apples",
    "gives",
    "to",
    ".",
    "?",
    "A:",
    "0",
    "1",
    "2",
    "3",
  ];
  return {
    added_tokens: [added(0, "<unk>"), added(1, "<bos>"), added(2, "<eos>")],
    normalizer: null,
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: null,
    model: { type: "WordLevel", vocab: ids(words), unk_token: "<unk>" },
  };
}

function unigram(): Json {
  const pieces = [
    "▁the",
    "▁cat",
    "▁",
    "the",
    "a",
    "at",
    "c",
    "t",
    "h",
    "e",
    "s",
    "▁s",
    "sat",
    "▁on",
    "n",
    "o",
    ".",
    "é",
  ];
  const metaspace = { type: "Metaspace", replacement: "▁", add_prefix_space: true, prepend_scheme: "always" };
  return {
    added_tokens: [added(0, "<pad>"), added(1, "</s>"), added(2, "<unk>")],
    normalizer: null,
    pre_tokenizer: metaspace,
    post_processor: null,
    decoder: metaspace,
    model: {
      type: "Unigram",
      unk_id: 2,
      vocab: [["<pad>", 0], ["</s>", 0], ["<unk>", 0], ...pieces.map((piece, i) => [piece, -2 - i / 4])],
    },
  };
}

export const SAMPLES = {
  byteLevel: byteLevel(),
  sentencePieceBpe: sentencePieceBpe(),
  wordLevel: wordLevel(),
  unigram: unigram(),
} as const;
