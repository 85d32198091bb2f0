/** Bars, edges and axis of a histogram. */
import { describe, expect, it } from "vitest";
import { barHeights, binEdges, countTicks, histogramSvg, histogramTable } from "./histogram";

const DATA = { counts: [1000, 0, 1, 10], min: -2, max: 6 };

describe("histogram", () => {
  it("shows a single far element beside a thousand near ones", () => {
    const [most = 0, none = 0, one = 0, ten = 0] = barHeights(DATA.counts);
    expect([most, none]).toEqual([1, 0]);
    expect(one).toBeGreaterThan(0.09);
    expect(ten).toBeGreaterThan(one);
    expect(barHeights([0, 0])).toEqual([0, 0]);
  });

  it("has bins of equal width that end at the largest", () => {
    expect(DATA.counts.map((_, bin) => binEdges(DATA, bin))).toEqual([
      [-2, 0],
      [0, 2],
      [2, 4],
      [4, 6],
    ]);
    expect(histogramTable(DATA).rows[0]).toEqual([-2, 0, 1000]);
    expect(countTicks(DATA.counts)).toEqual([1, 10, 100, 1000]);
    expect(countTicks([0])).toEqual([1]);
  });

  it("draws one bar a bin", () => {
    const svg = histogramSvg(DATA, { title: "t", caption: "c", xTitle: "value", format: String });
    expect(svg.match(/<rect /g)).toHaveLength(1 + 4);
  });
});
