/** Factors of one problem word by word, and of many against the problem that they are read off. */
import { describe, expect, it } from "vitest";
import { createLedgerProblem, LEDGER_VOCABULARY } from "./ledger";
import { LEDGER_FACTORS, ledgerFactors } from "./ledgerFactors";

const valuesOf = (seed: number, id: string) =>
  ledgerFactors(createLedgerProblem(seed)).flatMap(({ word, values }) =>
    values[id] === undefined ? [] : [[word, values[id]]],
  );

describe("ledgerFactors", () => {
  it("spells the problem, from <s> to </s>, in words of the vocabulary", () => {
    for (let seed = 0; seed < 200; seed++) {
      const problem = createLedgerProblem(seed);
      const words = ledgerFactors(problem).map(({ word }) => word);
      const text = `${problem.prompt}${problem.steps.map(({ text }) => text).join("")}`;
      expect(words.join(" ")).toBe(`<s> ${text}${problem.answerPrefix}${problem.answer} </s>`);
      expect(words.filter((word) => !LEDGER_VOCABULARY.includes(word))).toEqual([]);
    }
  });

  it("knows the factors it lists and no others, and each occurs", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed++)
      for (const { values } of ledgerFactors(createLedgerProblem(seed)))
        for (const id of Object.keys(values)) seen.add(id);
    expect([...seen].sort()).toEqual(LEDGER_FACTORS.map(({ id }) => id).sort());
  });

  it("says at each equals sign what the step comes to, and by which sign", () => {
    for (let seed = 0; seed < 100; seed++) {
      const { steps } = createLedgerProblem(seed);
      expect(valuesOf(seed, "total to write")).toEqual(steps.map(({ after }) => ["=", String(after)]));
      expect(valuesOf(seed, "sign to apply")).toEqual(steps.map(({ operation }) => ["=", operation]));
      expect(valuesOf(seed, "total written")).toEqual(
        steps.map(({ after }) => [String(after), String(after)]),
      );
      expect(valuesOf(seed, "total to start from")).toEqual(
        steps.map(({ person, before }) => [person, String(before)]),
      );
    }
  });

  it("tells gains from losses as the steps do, and names every owner before it is written", () => {
    for (let seed = 0; seed < 100; seed++) {
      const { steps, asked } = createLedgerProblem(seed);
      expect(valuesOf(seed, "gain or loss").map(([, sign]) => sign)).toEqual(
        steps.map(({ operation }) => operation),
      );
      const names = steps.flatMap(({ person, isLast }) => (isLast ? [person, person] : [person]));
      const written = valuesOf(seed, "name to write").map(([, name]) => name);
      const told = steps.map(({ person }) => person);
      expect(written.slice(0, told.length + names.length + asked.length)).toEqual([
        ...told,
        ...names,
        ...asked,
      ]);
    }
  });
});
