/** One scale on both axes: points, the diagonal, ranges near nothing, and the drawing for paper. */
import { expect, it } from "vitest";
import { MARGIN, nearestMark, scatterLayout, type ScatterData, type ScatterPoint } from "./scatter";
import { scatterSvg } from "./scatterSvg";

const point = (x: number, y: number, more: Partial<ScatterPoint> = {}): ScatterPoint => ({
  ...{ x, y, name: `${x}`, isFilled: true, isRinged: false },
  ...more,
});
const data = (points: ScatterPoint[], unit = "change, logits"): ScatterData => ({
  ...{ points, unit, xTitle: "exact", yTitle: "first order", filled: "drawn", ringed: "largest" },
});

it("puts equal values on the diagonal of a square with zero on both axes", () => {
  const { marks, right, bottom, ticks } = scatterLayout(data([point(1, 1), point(3, 2), point(-1, -1)]), 400);
  expect(right - MARGIN.left).toBe(bottom - MARGIN.top);
  const above = ({ left, top }: { left: number; top: number }) => bottom - top - (left - MARGIN.left);
  expect(above(marks[0]!)).toBeCloseTo(0);
  // An estimate below the exact value lies below.
  expect(above(marks[1]!)).toBeLessThan(-10);
  expect(above(marks[2]!)).toBeCloseTo(0);
  expect(ticks.map(({ text }) => text)).toContain("0");
  expect(ticks.some(({ text }) => text.startsWith("−"))).toBe(true);
});

it("keeps every point inside at any width, and does not enlarge noise", () => {
  for (const room of [100, 328, 1400]) {
    const { marks, right, bottom, width } = scatterLayout(data([point(5, -2), point(-4, 1)]), room);
    for (const { left, top } of marks) {
      expect(left).toBeGreaterThanOrEqual(MARGIN.left);
      expect(left).toBeLessThanOrEqual(right);
      expect(top).toBeGreaterThanOrEqual(MARGIN.top);
      expect(top).toBeLessThanOrEqual(bottom);
    }
    if (room === 328) expect(width).toBeLessThanOrEqual(328);
  }
  const { marks, right } = scatterLayout(data([point(2e-5, 0)]), 400);
  expect(marks[0]!.left - MARGIN.left).toBeLessThan(0.01 * (right - MARGIN.left));
  expect(scatterLayout(data([]), 400).marks).toEqual([]);
});

it("finds the point under the pointer", () => {
  const layout = scatterLayout(data([point(0, 0), point(4, 4)]), 400);
  const { left, top } = layout.marks[1]!;
  expect(nearestMark(layout, left - 5, top + 5)).toBe(1);
  expect(nearestMark(layout, left - 60, top + 60)).toBeUndefined();
});

it("draws dots and rings for paper, with what they mean", () => {
  const both = [
    point(1, 2),
    point(2, 2, { isFilled: false, isRinged: true }),
    point(3, 2, { isRinged: true }),
  ];
  const svg = scatterSvg({ ...data(both), title: "a < b", caption: "n = 3" });
  // Two of each, and one of each in the legend.
  expect(svg.match(/r="3.5"/g)).toHaveLength(3);
  expect(svg.match(/r="5.5"/g)).toHaveLength(3);
  expect(svg).toContain("a &#60; b");
  expect(svg).toContain(">largest<");
});
