/** Contrast pairs: one verb apart, and the chain before the sign is the one that the story gives. */
import { expect, it } from "vitest";
import { createLedgerProblem, LEDGER_VOCABULARY, LEDGER_WORDS } from "./ledger";
import { ledgerContrasts } from "./ledgerContrasts";

it("gives prompts that differ in the last word alone, a gain and a loss", () => {
  const pairs = ledgerContrasts(1, 100);
  expect(pairs).toHaveLength(100);
  expect(new Set(pairs.map(({ seed }) => seed)).size).toBe(100);
  for (const { positive, negative, prompt } of pairs) {
    const [up, down] = [positive.split(" "), negative.split(" ")];
    expect(up.slice(0, -1)).toEqual(down.slice(0, -1));
    expect(LEDGER_WORDS.gains).toContain(up.at(-1));
    expect(LEDGER_WORDS.losses).toContain(down.at(-1));
    expect(prompt.startsWith(`${negative} `)).toBe(true);
    for (const word of prompt.split(" ")) expect(LEDGER_VOCABULARY).toContain(word);
  }
});

it("ends its prompt at a number that the sign follows", () => {
  for (const { seed, prompt } of ledgerContrasts(1, 50)) {
    const words = prompt.split(" ");
    const [tag, person, before] = words.slice(-3);
    const { steps } = createLedgerProblem(seed);
    const step = steps.find(({ text }) => text.startsWith(` ${tag} ${person} ${before} `))!;
    expect(step.before - step.operand).toBeGreaterThanOrEqual(0);
    expect(step.before + step.operand).toBeLessThanOrEqual(10);
    // The steps before it are those of the problem.
    const done = steps.slice(0, steps.indexOf(step)).map(({ text }) => text);
    expect(prompt.split("Think :")[1]).toBe(`${done.join("")} ${tag} ${person} ${before}`);
  }
});

it("takes the pairs after a seed as they are whoever asks", () => {
  const all = ledgerContrasts(1, 20);
  expect(ledgerContrasts(all[10]!.seed, 10)).toEqual(all.slice(10));
});
