/** Line charts: round axes, gaps, labels that thin out, and a figure for paper that holds what is on screen. */
import { expect, it } from "vitest";
import { BOTTOM, lineDomain, lineLayout, MARGIN } from "./lineChart";
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
