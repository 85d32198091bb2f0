/** Tokens belong to the part that they were cut into, whatever text they have. */
import { expect, it } from "vitest";
import { positionBeforeAnswer, stepOfTokens } from "./tokenSteps";

const CHAIN = { prompt: [0, 5, 6], steps: [[7], [], [2, 2, 8]], answerPrefix: [9], answer: [3, 4] };

it("counts tokens, not characters", () => {
  expect(stepOfTokens(CHAIN)).toEqual([-1, -1, -1, 0, 2, 2, 2, 3, 3, 3]);
});

it("finds what predicts the answer", () => {
  expect(positionBeforeAnswer(CHAIN)).toBe(7);
  expect(positionBeforeAnswer({ ...CHAIN, answer: [] })).toBeUndefined();
  expect(positionBeforeAnswer({ prompt: [], steps: [], answerPrefix: [], answer: [3] })).toBeUndefined();
});
