/** The rule against chains worked out by hand, and against the generator's own. */
import { describe, expect, it } from "vitest";
import { corruptLedgerChain, createLedgerProblem } from "./ledger";
import { ledgerChainAnswer, ledgerCopy, ledgerQuestion, ledgerRewrittenAnswer } from "./ledgerRule";
import { numbersOf, otherNumbers, withNumber, withSymbol } from "./numberEdits";
import { Random } from "../../random/random";

const STEPS = [" first Ann 6 + 1 = 7 .", " last Ann 7 - 4 = 3 Ann .", " last Eve 6 - 5 = 1 Eve ."];
const ANN = { kind: "count", asked: ["Ann"] } as const;
const BOTH = { kind: "difference", asked: ["Ann", "Eve"] } as const;

describe("the answer of a chain", () => {
  it("is read off the last steps of the people asked about", () => {
    expect(ledgerChainAnswer(ANN, STEPS)).toBe(" 3");
    expect(ledgerChainAnswer(BOTH, STEPS)).toBe(" 2");
    expect(ledgerChainAnswer({ kind: "more", asked: ["Eve", "Ann"] }, STEPS)).toBe(" Ann");
    expect(ledgerChainAnswer(BOTH, STEPS.slice(0, 2))).toBeUndefined();
  });

  it("is the generator's answer, also of chains with a mistake that is carried on", () => {
    for (let seed = 0; seed < 300; seed++) {
      const problem = createLedgerProblem(seed);
      expect(
        ledgerChainAnswer(
          problem,
          problem.steps.map(({ text }) => text),
        ),
      ).toBe(problem.answer);
      const corrupted = corruptLedgerChain(problem, seed);
      if (corrupted) expect(ledgerChainAnswer(problem, corrupted.steps)).toBe(corrupted.answer);
    }
  });
});

describe("the answer after an edit, worked out again", () => {
  it.each([
    [{ step: 0, nth: 2 }, 8, " 4"],
    [{ step: 0, nth: 0 }, 7, " 4"],
    [{ step: 0, nth: 1 }, 3, " 5"],
    [{ step: 1, nth: 0 }, 9, " 5"],
    [{ step: 1, nth: 1 }, 1, " 6"],
    [{ step: 1, nth: 2 }, 10, " 10"],
    [{ step: 2, nth: 2 }, 9, " 3"],
    [{ step: 0, nth: 2 }, 2, undefined],
  ])("number %o becomes %i: %s", (place, value, answer) => {
    expect(ledgerRewrittenAnswer(ANN, STEPS, place, value)).toBe(answer);
  });

  it("equals the generator's carried mistakes", () => {
    let compared = 0;
    for (let seed = 0; seed < 300; seed++) {
      const problem = createLedgerProblem(seed);
      const corrupted = corruptLedgerChain(problem, seed);
      if (!corrupted) continue;
      const steps = problem.steps.map(({ text }) => text);
      const step = steps.findIndex((text, i) => text !== corrupted.steps[i]);
      if (step < 0) continue;
      const value = Number(/= (\d+)/.exec(corrupted.steps[step]!)![1]);
      expect(ledgerRewrittenAnswer(problem, steps, { step, nth: 2 }, value)).toBe(corrupted.answer);
      compared++;
    }
    expect(compared).toBeGreaterThan(80);
  });
});

it("reads the question off the words before the answer", () => {
  for (let seed = 0; seed < 100; seed++) {
    const { answerPrefix, kind, asked } = createLedgerProblem(seed);
    expect(ledgerQuestion(answerPrefix)).toEqual({ kind, asked });
  }
  expect(ledgerQuestion(" So the answer is")).toBeUndefined();
});

it("knows where a result is copied: at the beginning of the person's next step", () => {
  expect(ledgerCopy(STEPS, { step: 0, nth: 2 })).toEqual({ step: 1, nth: 0 });
  expect(ledgerCopy(STEPS, { step: 1, nth: 2 })).toBeUndefined();
  expect(ledgerCopy(STEPS, { step: 0, nth: 0 })).toBeUndefined();
});

describe("changes of numbers", () => {
  it("finds numbers with their places", () => {
    expect(numbersOf([" Ann 12 + 3.5 = 15.5 ."]).map(({ text, nth }) => [text, nth])).toEqual([
      ["12", 0],
      ["3.5", 1],
      ["15.5", 2],
    ]);
  });

  it("changes one number, or every equal one behind it", () => {
    const seven = numbersOf(STEPS)[2]!;
    expect(withNumber(STEPS, seven, "9", "single")).toEqual([" first Ann 6 + 1 = 9 .", ...STEPS.slice(1)]);
    expect(withNumber(STEPS, seven, "9", "repeats").slice(0, 2)).toEqual([
      " first Ann 6 + 1 = 9 .",
      " last Ann 9 - 4 = 3 Ann .",
    ]);
    expect(withSymbol(STEPS, "1", "X")).toEqual([
      " first Ann 6 + X = 7 .",
      STEPS[1],
      " last Eve 6 - 5 = X Eve .",
    ]);
    // 1 is not part of 10.
    expect(withSymbol([" 10 + 1"], "1", "X")).toEqual([" 10 + X"]);
  });

  it("draws numbers at most 3 away, never the same, within bounds", () => {
    const drawn = otherNumbers("1", new Random(3), 0, 10);
    expect([...drawn].sort()).toEqual(["0", "2", "3", "4"]);
    expect(otherNumbers("2.5", new Random(3))).toContain("3.5");
  });
});
