/** Bars on paper: one a value, on the side of its sign, with the number beside it. */
import { expect, it } from "vitest";
import { barListSvg } from "./barListSvg";

const svg = barListSvg({
  items: [
    { id: "a", label: "0 attention", value: 2 },
    { id: "b", label: "0 MLP <b>", value: -1 },
  ],
  unit: "logits",
  title: "Parts",
  caption: "model x",
});
const rects = [
  ...svg.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="12" fill="(#\w+)"/g),
].map(([, x, width, fill]) => ({ x: Number(x), width: Number(width), fill }));

it("puts lengths in proportion, on both sides of one zero", () => {
  const [raises, lowers] = rects;
  expect(rects).toHaveLength(2);
  expect(raises!.width / lowers!.width).toBeCloseTo(2, 1);
  expect(lowers!.x + lowers!.width).toBeCloseTo(raises!.x, 1);
  expect(raises!.fill).not.toBe(lowers!.fill);
});

it("writes signs, the unit and text that stays text", () => {
  expect(svg).toContain("+2.000");
  expect(svg).toContain("−1.000");
  expect(svg).toContain("logits");
  expect(svg).toContain("&#60;b&#62;");
});
