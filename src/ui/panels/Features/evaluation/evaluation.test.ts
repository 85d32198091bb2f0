/** Explanations as they are read. */
import { expect, it } from "vitest";
import { N2G_ANY, N2G_START, type N2gNode } from "../../../../protocol/sae/saeEvaluation";
import { patternRows, tokensOf } from "./evaluation";

const ROOT: N2gNode = {
  token: N2G_ANY,
  children: [
    {
      ...{ token: 5, value: 2 },
      children: [
        { token: 3, value: 7, children: [] },
        { token: N2G_ANY, children: [{ token: N2G_START, value: 1, children: [] }] },
      ],
    },
  ],
};

it("reads patterns from the front, strongest first", () => {
  expect(patternRows(ROOT, (id) => ` w${id}`)).toEqual([
    { words: "w3 w5", value: 7 },
    { words: "w5", value: 2 },
    { words: "⟨start⟩ … w5", value: 1 },
  ]);
  expect(tokensOf(ROOT)).toEqual([5, 3]);
});
