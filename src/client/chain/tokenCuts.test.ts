/** The pieces join to the chain, and read together they are its tokens, one a piece where a token has text. */
import { expect, it } from "vitest";
import { tokenCuts } from "./tokenCuts";

/** Words with the space before them. */
const CHAIN = { prompt: "a", steps: [" the", " cat é."], answerPrefix: "", answer: "" };

it("begins a piece where a character begins a token", async () => {
  const asked: string[][] = [];
  const texts = await tokenCuts(
    {
      tokenizeChain: async (chain) => {
        asked.push([...chain.steps]);
        // " the", " cat", " é" in two, "."
        const steps = chain.steps.map((_, i): number[] => ({ 1: [5], 5: [6], 9: [7, 8], 10: [9] })[i] ?? []);
        const moved = [1, 5, 9].map((at) => ({ part: at + 1, text: " ", to: "behind" as const }));
        return { prompt: [1], steps, answerPrefix: [], answer: [], moved };
      },
    },
    CHAIN,
  );
  expect(asked[0]?.join("")).toBe(" the cat é.");
  expect(texts).toEqual([" the", " cat", " é", "."]);
});
