/** A heatmap on paper: a rectangle a cell, labels, numbers at the colour bar, text that stays text. */
import { expect, it } from "vitest";
import { heatmapSvg } from "./heatmapSvg";

const FIGURE = {
  rows: 2,
  cols: 3,
  values: Float32Array.of(0, 0.5, 1, NaN, 0.25, 0.75),
  rowLabels: ["0 post", "0 <pre>"],
  colLabels: ["a", "b", "c"],
  rowTitle: "layer",
  colTitle: "token",
  unit: "probability",
  scale: "sequential" as const,
  domain: [0, 1] as const,
  format: (value: number) => value.toFixed(2),
  title: "Lens",
  caption: "model x",
};
const cells = (svg: string) => [...svg.matchAll(/<rect [^>]*fill="#(\w{6})"\/>/g)].length;

it("draws the cells that are there", () => {
  const svg = heatmapSvg(FIGURE);
  // Five cells, the sheet, and the steps of the colour bar.
  expect(cells(svg)).toBe(5 + 1 + 64);
  expect(svg).toContain("#fde725");
  expect(svg).toContain("1.00 probability");
  expect(svg).toContain("0 &#60;pre&#62;");
  expect(svg).toContain("model x");
});

it("names the rows beside them, or below where there is no room", () => {
  expect(heatmapSvg(FIGURE)).toMatch(/rotate\(-90\)[^>]*>layer</);
  const long = heatmapSvg({ ...FIGURE, rowTitle: "a name longer than two rows are high" });
  expect(long).toContain("↓ a name longer than two rows are high · → token");
});

it("writes in cells, and says where cells were pooled", () => {
  expect(heatmapSvg({ ...FIGURE, cellText: (row, col) => `t${row}${col}` })).toContain(">t02<");
  const many = { ...FIGURE, rows: 1, cols: 1000, values: new Float32Array(1000), rowLabels: ["x"] };
  const labels = Array.from({ length: 1000 }, (_, i) => String(i));
  expect(heatmapSvg({ ...many, colLabels: labels })).toMatch(/largest size of 1 × 4/);
});
