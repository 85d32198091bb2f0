/** Separation by its definitions. */
import { expect, it } from "vitest";
import { noise } from "../../../random/noise";
import { auc, nullSeparation, separation } from "./separation";

/** Over all pairs of numbers, one by one. */
function slowAuc(above: readonly number[], below: readonly number[]): number {
  const wins = above.flatMap((a) => below.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
  return wins.reduce((sum: number, win) => sum + win, 0) / wins.length;
}

it("AUC by ranks is AUC by all comparisons, ties too", () => {
  for (const seed of [1, 2, 3]) {
    const draw = (n: number, by: number) => [...noise(n, by)].map((x) => Math.round(x * 4));
    const [above, below] = [draw(17, seed), draw(9, seed + 10)];
    expect(auc(above, below)).toBeCloseTo(slowAuc(above, below), 12);
  }
  expect(auc([3, 4], [1, 2])).toBe(1);
  expect(auc([1], [1])).toBe(0.5);
  expect(auc([], [1])).toBeNaN();
});

it("counts pairs whose positive prompt has the larger projection, ties half", () => {
  const pair = (positive: number, negative: number) => ({
    positive: Float64Array.of(positive, 9),
    negative: Float64Array.of(negative, -9),
  });
  const found = separation([2, 0], [pair(3, 1), pair(0, 1), pair(2, 2), pair(8, 7)]);
  expect(found.accuracy).toBe(2.5 / 4);
  expect(found.n).toBe(4);
  expect(found.interval[0]).toBeLessThan(2.5 / 4);
  expect(found.interval[1]).toBeGreaterThan(2.5 / 4);
  // The other way round tells the other pairs.
  expect(separation([-2, 0], [pair(3, 1), pair(0, 1), pair(2, 2), pair(8, 7)]).accuracy).toBe(1.5 / 4);
  const draws = nullSeparation([found, separation([-2, 0], [pair(3, 1)])]);
  expect(draws).toMatchObject({ accuracy: 2.5 / 8, highestAccuracy: 2.5 / 4, draws: 2 });
});
