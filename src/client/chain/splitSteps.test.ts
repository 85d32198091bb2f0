/** Splitting: the parts rejoin to the text, and are where a reader would put them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLedgerProblem } from "../../synthetic/ledger/ledger";
import { splitChain, splitSteps, splitText, type SplitText } from "./splitSteps";

const joined = ({ prompt, steps, answerPrefix, answer, rest }: SplitText) =>
  [prompt, ...steps, answerPrefix, answer, rest].join("");

describe("splitSteps", () => {
  it("gives back exactly the text, whatever it is", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", " ", ".", "!", "?", "\n", "3", "é", "\t", ")", "- "),
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

  it("keeps a list's numbers and bullets with their items, closing quotes with their sentence", () => {
    expect(splitSteps("1. Add 3.\n2. Take 2.\n- He said “no.” Done.")).toEqual([
      "1. Add 3.",
      "\n2. Take 2.",
      "\n- He said “no.”",
      " Done.",
    ]);
  });

  it("takes a long line of full stops in no time", () => {
    const started = performance.now();
    expect(splitSteps("3.".repeat(50_000)).join("")).toHaveLength(100_000);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("splitChain and splitText", () => {
  it("find the parts of every ledger problem", () => {
    for (let seed = 0; seed < 200; seed++) {
      const { prompt, steps, answerPrefix, answer } = createLedgerProblem(seed);
      const texts = steps.map(({ text }) => text);
      const parts = { prompt, steps: texts, answerPrefix, answer, rest: "" };
      const written = [...texts, answerPrefix, answer].join("");
      expect(splitChain(prompt, written)).toEqual(parts);
      expect(splitText(prompt + written)).toEqual(parts);
    }
  });

  it.each([
    ["2 + 2 is 4. So the answer is 4.", ["2 + 2 is 4."], " So the answer is", " 4", "."],
    ["First add.\nThen stop.\n#### 18", ["First add.", "\nThen stop."], "\n####", " 18", ""],
    ["Add. The answer is: 4 apples. Good luck.", ["Add."], " The answer is:", " 4 apples", ". Good luck."],
    ["We add.\n\n**Answer:** 3.5\nBye", ["We add."], "\n\n**Answer:**", " 3.5", "\nBye"],
    ["3 + 4 = 7 . Answer 7", ["3 + 4 = 7 ."], " Answer", " 7", ""],
    ["Hm. The answer is $\\boxed{42}$.", ["Hm."], " The answer is $\\boxed{", "42", "}$."],
    ["Hm.\nSo it is two.</think>\n\nTwo.", ["Hm.", "\nSo it is two."], "</think>", "\n\nTwo", "."],
    [
      "My answer is short.</think> The answer is 2",
      ["My answer is short."],
      "</think> The answer is",
      " 2",
      "",
    ],
    ["No cue here. At all.", ["No cue here.", " At all."], "", "", ""],
    ["Cut off. Answer :", ["Cut off."], " Answer :", "", ""],
    ["", [], "", "", ""],
  ])("splits %j", (written, steps, answerPrefix, answer, rest) => {
    expect(splitChain("", written)).toEqual({ prompt: "", steps, answerPrefix, answer, rest });
  });

  it.each([
    ["What is 2 + 2? Let's think step by step. Two and two. The answer is 4", "step by step."],
    ["How many? <think>One. Two.</think> Answer: 2", "<think>"],
    ["I have 2. How many? Well, two. So the answer is 2", "How many?"],
    ["I have 2. Well, two. So the answer is 2", "I have 2."],
    ["Only a prompt, nothing written", "written"],
  ])("ends the prompt of %j", (text, ending) => {
    const { prompt } = splitText(text);
    expect(prompt.slice(-ending.length)).toBe(ending);
    expect(text.indexOf(ending) + ending.length).toBe(prompt.length);
  });

  it("lose and add nothing, whatever the text is", () => {
    const words = ["Answer", " answer is", "The", ":", "####", "</think>", "<think>", "\\boxed{", "}", "so "];
    const text = fc.string({
      unit: fc.constantFrom(...words, " ", "\n", ".", "?", "*", "$", "7", "é", "Think :"),
      maxLength: 40,
    });
    fc.assert(
      fc.property(text, text, (prompt, written) => {
        expect(joined(splitChain(prompt, written))).toBe(prompt + written);
        expect(joined(splitText(written))).toBe(written);
      }),
      { numRuns: 3000 },
    );
  });
});
