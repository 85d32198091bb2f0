/** Numbers in tokens, by hand. */
import { expect, it } from "vitest";
import type { EngineApi } from "../../protocol/api";
import { chainNumbers, numbersOfTexts } from "./chainNumbers";

it("gives equal numbers one name, wherever they are", () => {
  expect(numbersOfTexts([[" 3", " +", " 4", " =", " 7"], [" 7", " -", " 3"], [" :"]])).toEqual([
    [0, -1, 1, -1, 2],
    [2, -1, 0],
    [-1],
  ]);
});

it("takes the tokens of a number together", () => {
  expect(numbersOfTexts([[" ", "1", "2", " x", "1", "2.5", " 1", "2"]])).toEqual([
    [-1, 0, 0, -1, 1, 1, 0, 0],
  ]);
  // "3." ends a sentence; the token that holds it is the number's.
  expect(numbersOfTexts([[" 3.", " 3"]])).toEqual([[0, 0]]);
});

it("reads tokens as in the middle of a text, the cue last", async () => {
  const describeTokens = async (ids: readonly number[]) =>
    ids.map((id) => ({ id, text: ` ${id}`, special: false }));
  const found = await chainNumbers({ describeTokens } as unknown as EngineApi, {
    steps: [[5, 6], []],
    answerPrefix: [6],
  });
  expect(found).toEqual([[0, 1], [], [1]]);
});
