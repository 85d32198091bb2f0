/** Splitting: the parts rejoin to the text, and are where a reader would put them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLedgerProblem } from "../../languages/ledger";
import { splitChain, splitSteps, splitText } from "./splitSteps";

describe("splitSteps", () => {
  it("gives back exactly the text, whatever it is", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", " ", ".", "!", "?", "\n", "3", "é", "\t"),
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, (input) => {
        const steps = splitSteps(input);
        expect(steps.join("")).toBe(input);
        if (input.trim() !== "") expect(steps.every((step) => step.trim() !== "")).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("splits sentences and lines, not numbers", () => {
    expect(splitSteps("We have 3.5 apples. Then two more.\nSo 5.5")).toEqual([
      "We have 3.5 apples.",
      " Then two more.",
      "\nSo 5.5",
    ]);
  });
});

describe("splitChain", () => {
  it("finds the steps and the answer of every ledger problem", () => {
    for (let seed = 0; seed < 200; seed++) {
      const { prompt, steps, answerPrefix, answer } = createLedgerProblem(seed);
      const texts = steps.map(({ text }) => text);
      expect(splitChain(prompt, [...texts, answerPrefix, answer].join(""))).toEqual({
        prompt,
        steps: texts,
        answerPrefix,
        answer,
      });
      expect(splitText([prompt, ...texts, answerPrefix, answer].join(""))).toEqual({
        prompt,
        steps: texts,
        answerPrefix,
        answer,
      });
    }
  });

  it.each([
    ["2 + 2 is 4. So the answer is 4.", ["2 + 2 is 4."], " So the answer is", " 4"],
    ["First add.\nThen stop.\n#### 18", ["First add.", "\nThen stop."], "\n####", " 18"],
    ["No cue here. At all.", ["No cue here.", " At all."], "", ""],
  ])("splits %j", (written, steps, answerPrefix, answer) => {
    expect(splitChain("", written)).toEqual({ prompt: "", steps, answerPrefix, answer });
  });
});
