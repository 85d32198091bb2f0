/** The generator: every problem is what it says it is, and the same seed gives the same problem. */
import { describe, expect, it } from "vitest";
import {
  corruptLedgerChain,
  createLedgerProblem,
  LARGEST_TOTAL,
  LEDGER_KINDS,
  LEDGER_VOCABULARY,
} from "./ledger";

const SEEDS = Array.from({ length: 400 }, (_, i) => i * 7919);

/** Reads a story as a person would: the totals that its sentences leave everybody with. */
function totalsOf(prompt: string): Map<string, number> {
  const totals = new Map<string, number>();
  for (const sentence of prompt.split(" . ")) {
    const start = /^(\w+) has (\d+) /.exec(sentence);
    if (start) totals.set(start[1]!, Number(start[2]));
    const change = /^(?:first|second|third|last) (\w+) (\w+) (\d+) /.exec(sentence);
    if (!change) continue;
    const sign = ["finds", "buys", "gets", "picks", "wins"].includes(change[2]!) ? 1 : -1;
    totals.set(change[1]!, totals.get(change[1]!)! + sign * Number(change[3]));
  }
  return totals;
}

describe("createLedgerProblem", () => {
  it("answers what the story says", () => {
    for (const seed of SEEDS) {
      const { prompt, kind, asked, answer } = createLedgerProblem(seed);
      const [a = 0, b = 0] = asked.map((name) => totalsOf(prompt).get(name)!);
      const expected = { count: a, total: a + b, more: a > b ? asked[0] : asked[1], difference: a - b }[kind];
      expect(answer).toBe(` ${expected}`);
    }
  });

  it("writes steps whose sums are right, chained, in range and in the vocabulary", () => {
    for (const seed of SEEDS) {
      const { prompt, steps, answerPrefix, answer } = createLedgerProblem(seed);
      const words = `${prompt}${steps.map(({ text }) => text).join("")}${answerPrefix}${answer}`.split(" ");
      expect(words.filter((word) => !LEDGER_VOCABULARY.includes(word))).toEqual([]);
      for (const { operation, operand, before, after } of steps) {
        expect(after).toBe(operation === "+" ? before + operand : before - operand);
        expect(after).toBeGreaterThanOrEqual(0);
        expect(after).toBeLessThanOrEqual(LARGEST_TOTAL);
      }
    }
  });

  it("marks as needed exactly the last step of each person asked about", () => {
    for (const seed of SEEDS) {
      const { steps, asked } = createLedgerProblem(seed);
      const needed = steps.filter((step) => step.needed);
      expect(needed.map(({ person }) => person).sort()).toEqual([...asked].sort());
      expect(needed.every(({ isLast }) => isLast)).toBe(true);
    }
  });

  it("gives the same problem for the same seed, others for others", () => {
    expect(createLedgerProblem(5)).toEqual(createLedgerProblem(5));
    expect(new Set(SEEDS.map((seed) => createLedgerProblem(seed).prompt)).size).toBe(SEEDS.length);
  });

  it("keeps to the options", () => {
    const problem = createLedgerProblem(1, { kind: "total", people: 3, changes: [3, 3, 2], distractors: 0 });
    expect(problem.steps).toHaveLength(8);
    expect(problem.persons).toHaveLength(3);
    expect(problem.kind).toBe("total");
    expect(new Set(SEEDS.map((seed) => createLedgerProblem(seed).kind))).toEqual(new Set(LEDGER_KINDS));
  });
});

describe("corruptLedgerChain", () => {
  it("changes one result and carries it to the answer", () => {
    let made = 0;
    for (const seed of SEEDS) {
      const problem = createLedgerProblem(seed);
      const corrupted = corruptLedgerChain(problem, seed);
      if (!corrupted) continue;
      made++;
      const wrongSums = corrupted.steps.filter((text) => {
        const [, before, operation, operand, after] = /(\d+) ([+-]) (\d+) = (\d+)/.exec(text)!;
        return Number(after) !== Number(before) + (operation === "+" ? 1 : -1) * Number(operand);
      });
      expect(wrongSums).toHaveLength(1);
      expect(corrupted.steps).toHaveLength(problem.steps.length);
      if (problem.kind !== "more") expect(corrupted.answer).not.toBe(problem.answer);
    }
    expect(made).toBeGreaterThan(SEEDS.length / 3);
  });
});
