import { expect, it } from "vitest";
import { stepOfTokens } from "./tokenSteps";

it("gives every token to the part that holds it", () => {
  const tokens = ["<s>", "Ann", " :", " a", " b", " .", " c", " .", " Answer", " 3"].map((text) => ({
    text,
    special: text === "<s>",
  }));
  const lengths = { prompt: "Ann :".length, steps: [" a b .".length, " c .".length] };
  expect(stepOfTokens(tokens, lengths)).toEqual([-1, -1, -1, 0, 0, 0, 1, 1, 2, 2]);
});
