/** What is asked for gradients by step, and what is said of them. */
import { expect, it } from "vitest";
import type { TokenAttributionResult } from "../../../../protocol/gradients/attributions";
import {
  agreementSentences,
  alarmSentence,
  gradientColumns,
  gradientRequest,
  pathWords,
} from "./gradientWords";

const CHAIN = { prompt: [1, 7], steps: [[8, 9], [10]], answerPrefix: [11], answer: [5, 6] };
const PROMPT = { tokens: [1, 7, 8, 9, 10, 11, 5, 6], edits: [] };
const RESULT = {
  steps: {
    step: [-1, 0, 1, 2],
    ...{ saliency: [1, 1, 1, 1], gradientInput: [9, 2, -1, 9], integrated: [9, 3, 1, 9] },
  },
  alarms: [],
  completenessError: 0.25,
} as unknown as TokenAttributionResult;

it("asks for log p of every token of the answer, each where it is predicted", () => {
  const request = gradientRequest(PROMPT, CHAIN, 1)!;
  expect(request.scalar).toEqual([
    { kind: "logProb", position: 5, target: 5 },
    { kind: "logProb", position: 6, target: 6 },
  ]);
  expect(request.stepOf).toEqual([-1, -1, 0, 0, 1, 2, 2, 2]);
  expect(request.fixed).toEqual([0]);
  expect(gradientRequest(PROMPT, CHAIN, undefined)!.fixed).toBeUndefined();
  expect(gradientRequest(PROMPT, { ...CHAIN, answer: [] }, 1)).toBeUndefined();
});

it("has a number a step, without what stands before and behind them", () => {
  const columns = gradientColumns(RESULT, 2);
  expect(columns.map(({ name, values }) => [name, values])).toEqual([
    ["gradient × input", [2, -1]],
    ["integrated gradients", [3, 1]],
  ]);
});

it("holds them against Shapley values, and says how many steps that is", () => {
  const columns = gradientColumns(RESULT, 2);
  const [first, second] = agreementSentences(columns, { phi: [1, 3], isExact: true });
  expect(first).toBe(
    "gradient × input against exact Shapley values: Spearman’s ρ −1.00, Pearson’s r −1.00, relative error 1.30, n = 2 steps, too few to rely on.",
  );
  expect(second).toMatch(/^integrated gradients against exact .*ρ −1\.00/);
  expect(agreementSentences(columns, undefined)).toEqual([
    "Press Shapley values to hold the gradients against them.",
  ]);
});

it("shows no number that rests on a dead gradient, and says why", () => {
  const site = "embed";
  const dead = { ...RESULT, alarms: [{ kind: "allZero" as const, at: "prompt" as const, site }] };
  expect(gradientColumns(dead, 2).map(({ name }) => name)).toEqual(["integrated gradients"]);
  expect(alarmSentence(dead)).toMatch(/^The gradient here is nothing but zeros/);
  expect(alarmSentence(RESULT)).toBeUndefined();
  expect(pathWords(RESULT)).toMatch(/64 steps, midpoint rule, completeness error \+0\.25/);
});
