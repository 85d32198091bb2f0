import { expect, it } from "vitest";
import { agreement, pearson } from "./agreement";

it("has Pearson's r by hand, and none where one side does not vary", () => {
  // Deviations (-1, 0, 1) and (-2, 1, 1): 3 / √(2 · 6).
  expect(pearson([1, 2, 3], [0, 3, 3])).toBeCloseTo(3 / Math.sqrt(12), 12);
  expect(pearson([1, 2, 3], [6, 4, 2])).toBeCloseTo(-1, 12);
  expect(pearson([1, 1, 1], [1, 2, 3])).toBeNaN();
});

it("leaves out pairs that lack a number, and has errors by hand", () => {
  const found = agreement([1, 2, NaN, 5, 7], [2, 2, 3, 3, NaN]);
  expect(found.n).toBe(3);
  expect(found.meanError).toBeCloseTo(1, 12);
  expect(found.relativeError).toBeCloseTo(Math.sqrt(5 / 17), 12);
  expect(found.spearman).toBeCloseTo(Math.sqrt(3) / 2, 12);
  expect(agreement([], []).n).toBe(0);
});
