/** Intervals against published or hand-worked values; areas of known curves. */
import { expect, it } from "vitest";
import { bootstrapMean } from "./bootstrap";
import { areaOverCurve } from "./overCurve";
import { wilsonInterval } from "./wilson";

it("gives Wilson's interval", () => {
  // Newcombe 1998, table I: 81 of 263, and 0 of 20.
  const [low, high] = wilsonInterval(81, 263);
  expect(low).toBeCloseTo(0.2553, 4);
  expect(high).toBeCloseTo(0.3662, 4);
  expect(wilsonInterval(0, 20)[0]).toBe(0);
  expect(wilsonInterval(0, 20)[1]).toBeCloseTo(0.1611, 4);
  expect(wilsonInterval(0, 0)).toEqual([NaN, NaN]);
});

it("bounds a mean by resampling, near the normal interval for many values", () => {
  const values = Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? 1 : 0));
  const [low, high] = bootstrapMean(values, 3, 2000);
  const half = 1.96 * Math.sqrt((0.25 * 0.75) / 400);
  expect(low).toBeCloseTo(0.25 - half, 1.7);
  expect(high).toBeCloseTo(0.25 + half, 1.7);
  expect(Math.abs(low - (0.25 - half))).toBeLessThan(0.01);
  expect(bootstrapMean(values, 3, 2000)).toEqual([low, high]);
  expect(bootstrapMean([2, 2, 2], 1, 100)).toEqual([2, 2]);
  expect(bootstrapMean([1, 2, 3, 5, 8], 4, 200)).toEqual([1.8, 6.2]);
});

it("gives the area over a curve by the trapezoid rule", () => {
  expect(areaOverCurve([1, 1, 1])).toBe(0);
  expect(areaOverCurve([0, 1])).toBe(0.5);
  expect(areaOverCurve([0, 0, 0, 1])).toBeCloseTo(1 - 1 / 6, 12);
  expect(areaOverCurve([1])).toBeNaN();
});
