/** Texts to judge on and their labels. */
import { expect, it } from "vitest";
import { createLedgerProblem } from "../../synthetic/ledger/ledger";
import { ledgerFactors } from "../../synthetic/ledger/ledgerFactors";
import {
  factorLabels,
  factorValues,
  evaluationTexts,
  markedLabels,
  markedSpans,
  type EvaluationTextRequest,
} from "./evaluationTexts";

/** One word is one token; equal words have equal ids. */
const words = new Map<string, number>();
const tokenize = (text: string) =>
  Promise.resolve(
    (text.match(/\s*\S+/g) ?? []).map((word) => {
      const id = words.get(word.trim()) ?? words.size;
      words.set(word.trim(), id);
      return { id, text: word, special: false };
    }),
  );
const ask = (changes: Partial<EvaluationTextRequest> = {}): EvaluationTextRequest => ({
  ...{ source: "ledger", problems: 4, seed: 9000, typed: "", longest: 400, ...changes },
});

it("labels every token of the generator's texts as the generator knows it", async () => {
  const { contexts, labels } = await factorLabels("name read", "Ann", ask(), tokenize);
  expect(contexts).toHaveLength(4);
  expect(labels).toHaveLength(contexts.flat().length);
  const ann = words.get("Ann");
  for (const { context, position, label } of labels) {
    expect(label).toBe(contexts[context]![position] === ann);
  }
});

it("puts labels where the generator has them, also those that no word shows", async () => {
  const { labels } = await factorLabels("section", "answer", ask({ problems: 1 }), tokenize);
  const known = ledgerFactors(createLedgerProblem(9000)).slice(1);
  const wanted = known.flatMap(({ values }, i) => (values["section"] === "answer" ? [i] : []));
  const found = labels.filter(({ label }) => label).map(({ position }) => position);
  // </s> is not read.
  expect(found).toEqual(wanted.filter((position) => position < labels.length));
  expect(found.length).toBeGreaterThan(2);
});

it("lists a factor's values by how often they occur", () => {
  const values = factorValues("sign to write", 50, 9000);
  expect([...values].sort()).toEqual(["+", "-"]);
});

it("takes marks out of typed texts, and labels what stood in them", async () => {
  const { contexts, labels } = await markedLabels("a [[red]] car\n\nthe [[old red]] house", 10, tokenize);
  expect(contexts.map(({ length }) => length)).toEqual([3, 4]);
  expect(labels.filter(({ label }) => label).map(({ context, position }) => [context, position])).toEqual([
    [0, 1],
    [1, 1],
    [1, 2],
  ]);
  expect(markedSpans("[[a]] b [[cd]]")).toEqual([
    [0, 1],
    [4, 6],
  ]);
  await expect(markedLabels("nothing here\nnor there", 10, tokenize)).rejects.toThrow("No token is marked");
});

it("reads typed lines without their marks, cut to what the model reads", async () => {
  const { name, contexts } = await evaluationTexts(
    ask({ source: "typed", typed: "a [[b]] c d\ne f", longest: 3 }),
    tokenize,
  );
  expect(name).toBe("2 typed lines");
  expect(contexts.map(({ length }) => length)).toEqual([3, 2]);
  await expect(evaluationTexts(ask({ source: "typed", typed: "one" }), tokenize)).rejects.toThrow(
    "At least two texts",
  );
});
