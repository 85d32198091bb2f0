/** Sets of answers, as written. */
import { describe, expect, it } from "vitest";
import { readAnswers } from "./possibleAnswers";

describe("readAnswers", () => {
  it("reads ranges, numbers and named answers", () => {
    expect(readAnswers("-1..1, 7 yes=1;no=0.5")).toEqual([
      { text: "-1", number: -1 },
      { text: "0", number: 0 },
      { text: "1", number: 1 },
      { text: "7", number: 7 },
      { text: "yes", number: 1 },
      { text: "no", number: 0.5 },
    ]);
  });

  it.each([
    ["", "write the answers"],
    ["perhaps", "“perhaps” has no number"],
    ["yes=", "has no number"],
    ["5..2", "runs downwards"],
    ["0..900", "901 answers"],
    ["1 0..3", "“1” is there twice"],
  ])("refuses %j with a sentence", (text, sentence) => {
    expect(() => readAnswers(text)).toThrow(sentence);
  });
});
