/** Sets of prompts: where they come from, how long texts are cut, and what they are called. */
import { expect, it } from "vitest";
import type { TokenInfo } from "../../protocol/api";
import {
  createSet,
  cutTokens,
  exampleTexts,
  ledgerTexts,
  MAX_SET_PROMPTS,
  pastedLines,
  setSize,
  textsOfFile,
} from "./promptSets";

const token = (id: number): TokenInfo => ({ id, text: id === 0 ? "<s>" : ` w${id}`, special: id === 0 });
/** One word, one token; BOS first. */
const reader = {
  nCtx: 4,
  tokenize: async (text: string) => [
    token(0),
    ...text
      .split(/\s+/)
      .filter(Boolean)
      .map((_, i) => token(i + 1)),
  ],
};

it("takes lines, but not empty ones", () => {
  expect(pastedLines("a b\n\n \r\nc\n").texts).toEqual(["a b", "c"]);
});

it("takes a text whole, and records line by line", () => {
  expect(textsOfFile("a.txt", "x\ny").texts).toEqual(["x\ny"]);
  expect(textsOfFile("a.jsonl", '{"text":"x"}\n\n{"prompt":"y"}\n"z"\n').texts).toEqual(["x", "y", "z"]);
  expect(() => textsOfFile("a.jsonl", '{"text":"x"}\n{"title":"y"}')).toThrow("a.jsonl: line 2 has no text");
  expect(() => textsOfFile("a.jsonl", "x")).toThrow("line 1");
});

it("takes the model's examples whole", () => {
  const example = { title: "", prompt: "A", steps: [" b", " c"], answerPrefix: " =", answer: " 5" };
  expect(exampleTexts("ledger", [example])).toEqual({ name: "examples of ledger", texts: ["A b c = 5"] });
});

it("draws ledger problems by their seeds, and says which", () => {
  const { name, texts } = ledgerTexts(3, 7);
  expect(name).toBe("3 ledger problems from seed 7");
  expect(texts).toHaveLength(3);
  expect(ledgerTexts(1, 8).texts[0]).toBe(texts[1]);
  expect(texts[0]).toMatch(/Think : .* Answer .* : /);
});

it("cuts what is longer than the context, each piece with BOS", () => {
  const long = [0, 1, 2, 3, 4, 5, 6, 7].map(token);
  expect(cutTokens(long, 4).map((piece) => piece.map(({ id }) => id))).toEqual([
    [0, 1, 2, 3],
    [0, 4, 5, 6],
    [0, 7],
  ]);
  expect(cutTokens(long.slice(0, 4), 4)).toHaveLength(1);
});

it("keeps each prompt's text beside its tokens", async () => {
  const set = await createSet({ name: "s", texts: ["a b c d", "e"] }, reader);
  expect(set).toEqual({
    name: "s",
    prompts: [
      { text: " w1 w2 w3", tokens: [0, 1, 2, 3] },
      { text: " w4", tokens: [0, 4] },
      { text: " w1", tokens: [0, 1] },
    ],
  });
  expect(setSize(set)).toBe("3 prompts, 8 tokens");
});

it("says when only the beginning was taken, and when there is nothing", async () => {
  const texts = Array.from({ length: 600 }, () => "a");
  const set = await createSet({ name: "many.txt", texts }, reader);
  expect(set.prompts).toHaveLength(MAX_SET_PROMPTS);
  expect(set.name).toBe("many.txt, its first 1024 tokens");
  await expect(createSet({ name: "none.txt", texts: [] }, reader)).rejects.toThrow(
    "none.txt holds no prompt.",
  );
});
