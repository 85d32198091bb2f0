/** Line charts: round axes, gaps, labels that thin out, and a figure for paper that holds what is on screen. */
import { expect, it } from "vitest";
import { BOTTOM, lineDomain, lineLayout, MARGIN, moved, zoomed } from "./lineChart";
import { lineChartSvg } from "./lineChartSvg";

const data = (values: readonly number[], labels = values.map((_, i) => `t${i}`)) => ({
  series: [{ name: "now", values }],
  xLabels: labels,
  xTitle: "position",
  yTitle: "log p, nats",
});

it("ends its axis on round numbers", () => {
  expect(lineDomain([{ name: "a", values: [-3.7, -0.2] }])).toEqual([-4, 0]);
  expect(lineDomain([{ name: "a", values: [2, 2] }])).toEqual([1.4, 2.6]);
  expect(lineDomain([{ name: "a", values: [NaN] }])).toEqual([0, 1]);
});

it("spans what matters in its unit, from zero where all is near to it", () => {
  const of = (...values: number[]) => lineDomain([{ name: "a", values }], 0.1);
  expect(of(0, 2e-5)).toEqual([0, 0.1]);
  expect(of(-2e-5, -1e-6)).toEqual([-0.1, 0]);
  expect(of(3, 3.0001)[1] - of(3, 3.0001)[0]).toBeGreaterThanOrEqual(0.1);
  expect(of(-3.7, -0.2)).toEqual([-4, 0]);
  const { yTicks } = lineLayout(data([-2e-5, -1e-5]), 600);
  expect(yTicks.map(({ value }) => value)).toContain(-0.1);
});

it("leaves gaps, and shows what stands alone", () => {
  const { paths, dots } = lineLayout(data([1, 2, NaN, 3, NaN, Infinity]), 600);
  expect(paths[0]?.d.match(/M/g)).toHaveLength(2);
  expect(dots).toHaveLength(1);
});

it("puts the largest at the top, and finds an index from a place", () => {
  const { y, x, indexAt } = lineLayout(data([0, 4]), 600);
  expect(y(4)).toBe(MARGIN.top);
  expect(y(0)).toBe(BOTTOM);
  expect([indexAt(x(1)), indexAt(-99), indexAt(9999)]).toEqual([1, 0, 1]);
});

it("thins labels out instead of overlapping them", () => {
  expect(lineLayout(data([1, 2, 3]), 600).xTicks.map(({ label }) => label)).toEqual(["t0", "t1", "t2"]);
  const long = lineLayout(data(Array.from({ length: 2000 }, (_, i) => i)), 600).xTicks;
  expect(long.length).toBeLessThan(20);
  expect(long.every(({ label }) => label === "")).toBe(true);
  const gaps = long.slice(1).map(({ x }, i) => x - (long[i]?.x ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThan(25);
  expect(lineLayout(data([1]), 600).xTicks.map(({ index }) => index)).toEqual([0]);
});

it("zooms around a place and stays on the axis", () => {
  expect(zoomed([0, 2000], 1, 1000, 2000)).toEqual([500, 1500]);
  expect(zoomed([500, 1500], -1, 1000, 2000)).toEqual([0, 2000]);
  expect(zoomed([0, 2000], 1, 1999, 2000)).toEqual([1000, 2000]);
  expect(zoomed([0, 5], 1, 2, 5)).toEqual([0, 5]);
  expect(moved([10, 20], -50, 100)).toEqual([0, 10]);
  expect(moved([10, 20], 500, 100)).toEqual([90, 100]);
});

it("draws what is in its range, and fits its axis to that", () => {
  const layout = lineLayout(data([0, 1, 2, 3, 100]), 600, [1, 4]);
  expect([layout.x(1), layout.y(3)]).toEqual([MARGIN.left, MARGIN.top]);
  expect([layout.indexAt(0), layout.indexAt(600)]).toEqual([1, 3]);
  expect(layout.xTicks.map(({ index }) => index)).toEqual([1, 2, 3]);
});

it("draws for paper: both axes named, every series in words, nothing but text from texts", () => {
  const svg = lineChartSvg({
    ...data([1, 2], ["<a>", "b"]),
    series: [
      { name: "now", values: [1, 2] },
      { name: "base<line>", values: [1, 1], dashed: true },
    ],
    title: "log p",
    caption: "model ledger",
  });
  for (const part of [
    "position",
    "log p, nats",
    "now",
    "base&#60;line&#62;",
    "model ledger",
    "stroke-dasharray",
  ])
    expect(svg).toContain(part);
  expect(svg).not.toContain("<a>");
});
