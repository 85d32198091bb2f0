import { expect, it } from "vitest";
import { lensContexts } from "./lensTexts";

const tokenize = async (text: string) =>
  [...text].map((letter) => ({ id: Number(letter), text: letter, special: false }));
const cut = (texts: string[], longest: number, before: number[] = []) =>
  lensContexts({ name: "digits", texts }, longest, before, tokenize);

it("cuts documents in pieces, with room for what stands before each", async () => {
  expect((await cut(["12345", "67"], 2)).contexts).toEqual([[1, 2], [3, 4], [5], [6, 7]]);
  // BOS takes a place in each, and one that a text begins with is not read twice.
  expect((await cut(["0123"], 3, [0])).contexts).toEqual([[1, 2], [3]]);
});

it("refuses a corpus without texts, and one that is too large", async () => {
  await expect(cut([""], 4)).rejects.toThrow("There is no text in digits.");
  await expect(cut(["1".repeat(20_001)], 1)).rejects.toThrow(/20001 texts; at most 20000/);
});
