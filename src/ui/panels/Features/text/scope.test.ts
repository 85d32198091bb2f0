/** Positions of a chain by step, by typing, and all of them. */
import { expect, it } from "vitest";
import { chosenPositions } from "./scope";

const TEXT = {
  tokens: ["<s>", "Ann", "has", "3", "so", "10"],
  steps: [-1, -1, 0, 0, 1, 2],
  ...{ stepCount: 2, position: 3 },
};
const none = { step: -1, span: "" };

it("is about the pinned position, its step, or another step", () => {
  expect(chosenPositions("position", none, TEXT)).toEqual({ positions: [3], words: "at position 3 “3”" });
  expect(chosenPositions("step", none, TEXT)).toEqual({
    positions: [2, 3],
    words: "of step 1, positions 2–3",
  });
  expect(chosenPositions("step", { step: 1, span: "" }, TEXT).words).toBe("of step 2, position 4");
  expect(chosenPositions("step", { step: 2, span: "" }, TEXT).words).toMatch(/after the steps/);
  expect(chosenPositions("step", { step: 5, span: "" }, TEXT)).toMatchObject({
    positions: [3],
    wrong: "This step has no tokens in the text.",
  });
});

it("takes typed positions, and says what is wrong with them", () => {
  expect(chosenPositions("span", { step: -1, span: "1, 3-4" }, TEXT)).toEqual({
    positions: [1, 3, 4],
    words: "of positions 1, 3–4",
  });
  expect(chosenPositions("span", { step: -1, span: "9" }, TEXT).wrong).toMatch(/position 9 does not exist/);
  expect(chosenPositions("span", none, TEXT)).toMatchObject({
    positions: [3],
    wrong: "Type positions such as 3, 5-9.",
  });
});

it("is about the whole text", () => {
  expect(chosenPositions("prompt", none, TEXT).positions).toEqual([0, 1, 2, 3, 4, 5]);
});
