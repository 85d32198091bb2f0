/** Formulas of thought anchors against hand-worked and published values. */
import { expect, it } from "vitest";
import { dice, importanceKl, resamplingImportances, shareDifference } from "./anchorImportance";
import { kurtosis } from "./kurtosis";
import { kendallTau, spearman } from "./rankCorrelation";
import { distanceFor, headScore, verticalScores } from "./receiverHeads";

it("gives Newcombe's interval of a difference", () => {
  // Newcombe 1998 (differences), table II: 56/70 - 48/80, method 10.
  const { value, low, high } = shareDifference({ successes: 56, n: 70 }, { successes: 48, n: 80 });
  expect(value).toBeCloseTo(0.2, 12);
  expect(low).toBeCloseTo(0.0524, 4);
  expect(high).toBeCloseTo(0.3339, 4);
});

it("gives importance to the step after which shares rise", () => {
  const share = (successes: number) => ({ successes, n: 10 });
  const found = resamplingImportances([share(0), share(0), share(10), share(10)]);
  expect(found.map(({ value }) => value)).toEqual([0, 1, 0]);
  expect(importanceKl(found[0]!, "laplace")).toBe(0);
  const [p, q] = [11 / 12, 1 / 12];
  const kl = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  expect(importanceKl(found[1]!, "laplace")).toBeCloseTo(kl, 12);
  expect(importanceKl(found[1]!, "1e-9")).toBeCloseTo(Math.log(1e9), 6);
});

it("counts shared tokens with repeats", () => {
  expect(dice([1, 1, 2], [1, 2, 2])).toBeCloseTo(2 / 3, 12);
  expect(dice([1], [2])).toBe(0);
  expect(dice([3, 4], [4, 3])).toBe(1);
});

it("correlates ranks with ties", () => {
  expect(spearman([1, 2, 3], [10, 20, 30])).toEqual({ rho: 1, n: 3 });
  expect(spearman([1, 2, NaN, 3], [3, 2, 9, 1])).toEqual({ rho: -1, n: 3 });
  expect(spearman([1, 2, 2, 3], [1, 3, 2, 4]).rho).toBeCloseTo(0.9486833, 6);
});

it("counts pairs in the same order, ties taken off", () => {
  expect(kendallTau([1, 2, 3, 4], [1, 3, 2, 4])).toEqual({ tau: 4 / 6, n: 4 });
  expect(kendallTau([1, 2, NaN], [2, 1, 5])).toEqual({ tau: -1, n: 2 });
  // One tie on the left: 2 agree, of 2 and of 3 pairs that are told apart.
  expect(kendallTau([1, 1, 2], [1, 2, 3]).tau).toBeCloseTo(2 / Math.sqrt(6), 12);
  expect(kendallTau([1, 1], [1, 2]).tau).toBeNaN();
});

it("scores columns by what far later steps look at", () => {
  expect(kurtosis([0, 0, 0, 1])).toBeCloseTo(7 / 3 - 3, 12);
  const n = 7;
  const attention = new Float32Array(n * n);
  for (let from = 2; from < n; from++) attention[from * n + 1] = 1;
  expect(verticalScores(attention, n, 4, false)).toEqual([0, 1, 0, NaN, NaN, NaN, NaN]);
  // A short chain has no room for both; a longer one keeps eight steps with a score.
  expect([5, 9, 10, 12, 20].map((steps) => distanceFor(steps, 4))).toEqual([1, 1, 2, 4, 4]);
  expect(verticalScores(attention, n, 4, true)[1]).toBe(1);
});

it("ranks no head by the kurtosis of fewer than eight scores", () => {
  const oneHigh = (n: number) => [...Array.from({ length: n - 1 }, () => 0), 1];
  // Of three numbers it is the same whatever they are: an order of them is an order of rounding.
  for (const three of [oneHigh(3), [0.2, 0.7, 0.1], [5, 5, 6]]) expect(kurtosis(three)).toBeCloseTo(-1.5, 9);
  for (const n of [3, 4, 8, 12]) expect(kurtosis(oneHigh(n))).toBeCloseTo(n - 5 + 1 / (n - 1), 9);
  expect(headScore([...oneHigh(7), NaN, NaN])).toBeNaN();
  expect(headScore([...oneHigh(8), NaN])).toBeCloseTo(3 + 1 / 7, 9);
});
