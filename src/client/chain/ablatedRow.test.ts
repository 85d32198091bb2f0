/** Rows of chains with steps taken away, by hand. */
import { expect, it } from "vitest";
import type { ChainTokens } from "../../protocol/chain";
import { ablatedRow, answerPositions, stepAt } from "./ablatedRow";

const CHAIN: ChainTokens = {
  prompt: [1, 2],
  steps: [[10, 11, 12], [13, 14], [15]],
  answerPrefix: [20, 21],
  answer: [30, 31],
};
const ablate = (mode: "delete" | "mask" | "replace" | "mean", present = [true, false, true]) =>
  ablatedRow(CHAIN, present, { mode, fillerId: 9 });
const span = (part: "prompt" | number | "cue", first: number, end: number) => ({ part, first, end });

it("keeps the whole chain as it is, in every mode", () => {
  for (const mode of ["delete", "mask", "replace", "mean"] as const) {
    const { prompt, spans, answerAt } = ablate(mode, [true, true, true]);
    expect(prompt).toEqual({ tokens: [1, 2, 10, 11, 12, 13, 14, 15, 20, 21, 30], edits: [] });
    expect(spans).toEqual([
      span("prompt", 0, 2),
      span(0, 2, 5),
      span(1, 5, 7),
      span(2, 7, 8),
      span("cue", 8, 10),
    ]);
    expect(answerAt).toBe(9);
  }
});

it("deletes a step: what follows moves up", () => {
  const { prompt, spans, answerAt } = ablate("delete");
  expect(prompt).toEqual({ tokens: [1, 2, 10, 11, 12, 15, 20, 21, 30], edits: [] });
  expect(spans[2]).toEqual(span(1, 5, 5));
  expect(spans[3]).toEqual(span(2, 5, 6));
  expect(answerAt).toBe(7);
  expect(answerPositions({ prompt, spans, answerAt }, CHAIN)).toEqual([7, 8]);
});

it("hides a step from every later token", () => {
  const { prompt, answerAt } = ablate("mask", [false, false, true]);
  expect(prompt.tokens).toEqual([1, 2, 10, 11, 12, 13, 14, 15, 20, 21, 30]);
  expect(prompt.edits).toEqual([
    { id: "mask-0", on: true, kind: "knockOut", keys: [2, 3, 4], queries: { from: 5 } },
    { id: "mask-1", on: true, kind: "knockOut", keys: [5, 6], queries: { from: 7 } },
  ]);
  expect(answerAt).toBe(9);
});

it("puts fillers in a step's place", () => {
  expect(ablate("replace").prompt.tokens).toEqual([1, 2, 10, 11, 12, 9, 9, 15, 20, 21, 30]);
});

it("puts the mean embedding of all steps' tokens in a step's place", () => {
  const { prompt } = ablate("mean");
  expect(prompt.tokens).toEqual([1, 2, 10, 11, 12, 13, 14, 15, 20, 21, 30]);
  expect(prompt.edits).toEqual([
    expect.objectContaining({ kind: "mean", site: "embed", by: "token", strength: 1, positions: [5, 6] }),
  ]);
  expect(prompt.edits[0]).toMatchObject({ over: { prompts: [{ tokens: [10, 11, 12, 13, 14, 15] }] } });
});

it("puts the symbol wherever a number of an absent step is repeated", () => {
  // Number 0 is first in step 0, number 1 in step 1; step 2 and the cue repeat number 1.
  const numbers = [[-1, 0, -1], [0, 1], [1], [-1, 1]];
  const { prompt } = ablatedRow(CHAIN, [true, false, true], { mode: "symbol", fillerId: 9, numbers });
  expect(prompt.tokens).toEqual([1, 2, 10, 11, 12, 13, 9, 9, 20, 9, 30]);
});

it("puts the first sample in a step's place", () => {
  const alternatives = [[[1], [40, 41, 42], [3]]];
  const { prompt, spans, answerAt } = ablatedRow(CHAIN, [true, false, true], {
    ...{ mode: "resample", fillerId: 9, alternatives },
  });
  expect(prompt.tokens).toEqual([1, 2, 10, 11, 12, 40, 41, 42, 15, 20, 21, 30]);
  expect(spans[2]).toEqual(span(1, 5, 8));
  expect(answerAt).toBe(10);
});

it("finds the step of a position", () => {
  expect([0, 1, 2, 4, 5, 7, 8, 9].map((at) => stepAt(CHAIN, at))).toEqual([
    ...[undefined, undefined, 0, 0, 1, 2, undefined, undefined],
  ]);
});
