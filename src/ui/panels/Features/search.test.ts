/** Searches that need no engine. */
import { expect, it } from "vitest";
import { byActivity, byLabel, byNumber, positionsWith } from "./search";

const LABELS = [
  [3, { text: "name read = Ann", source: "rule" }],
  [9, { text: "Numbers after a name", source: "own" }],
  [12, { text: "only where name read = Ann (precision 0.9, recall 0.1)", source: "rule", f1: 0.18 }],
  [20, { text: "name to write = Bob (best F1 0.95)", source: "rule", f1: 0.95 }],
] as const;
const ids = (rows: readonly { latent: number }[]) => rows.map(({ latent }) => latent);

it("finds labels by all words, in any case, one's own first, then those that fit best", () => {
  expect(ids(byLabel(LABELS, "NAME"))).toEqual([9, 20, 12, 3]);
  expect(ids(byLabel(LABELS, "ann name"))).toEqual([12, 3]);
  expect(ids(byLabel(LABELS, ""))).toEqual([9, 20, 12, 3]);
});

it("finds numbers, and says which is none", () => {
  expect(byNumber("7, 3 7", 10)).toEqual({
    found: [
      { latent: 7, values: [] },
      { latent: 3, values: [] },
    ],
  });
  expect(byNumber("3 12", 10)).toMatchObject({
    found: [{ latent: 3 }],
    wrong: "“12” is no latent: they are 0 to 9.",
  });
});

it("finds where tokens are, and what is active there", () => {
  expect(positionsWith(["<s>", "Ann", "has", "Anna"], "ann")).toEqual([1, 3]);
  expect(positionsWith(["a", "b"], "")).toEqual([0, 1]);
  expect(byActivity([{ latent: 4, value: 2, position: 1 }])).toEqual([
    { latent: 4, values: [2], position: 1 },
  ]);
});
