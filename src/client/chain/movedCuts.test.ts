import { expect, it } from "vitest";
import { movedWords } from "./movedCuts";

it("names the part and what counts to which", () => {
  const moved = [
    { part: 2, text: "e", to: "before" },
    { part: 3, text: "\n", to: "behind" },
    { part: 4, text: " ", to: "behind" },
    { part: 1, text: "x", to: "before" },
  ] as const;
  expect(movedWords(moved, 2)).toEqual([
    "Step 2 begins inside a token: “e” counts to step 1.",
    "The cue begins inside a token: “⏎” counts to the cue, not to what stands before it.",
    "The answer begins inside a token: “·” counts to the answer, not to what stands before it.",
    "So it is at 1 more place.",
  ]);
  expect(movedWords([{ part: 1, text: "x", to: "before" }], 1)[0]).toMatch(/Step 1 .* counts to the prompt/);
  expect(movedWords([], 2)).toEqual([]);
});
