/** The reference by what it promises: rows of length 1, and a gradient along the row that does nothing. */
import { expect, it } from "vitest";
import { noise64, zeros64 } from "../centralDifferences.samples";
import { adamReference } from "../adam/adam.ref";
import { adamUnitRowsReference } from "./adamUnitRows.ref";

const numbers = {
  ...{ rate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: 0 },
  ...{ correction1: 0.1, correction2: 0.001, gradientScale: 1 },
};
const unit = (seed: number) => {
  const w = noise64(5, seed);
  const length = Math.hypot(...w);
  return w.map((value) => value / length);
};

it("keeps every row at length 1 and moves it across itself, to second order of the rate", () => {
  const w = unit(1);
  const before = w.slice();
  const g = noise64(5, 2);
  // The first step of Adam goes by signs alone; a large eps makes it follow the gradient.
  const soft = { ...numbers, eps: 100 };
  adamUnitRowsReference({ g, w, m: zeros64(5), v: zeros64(5) }, { ...soft, rows: 1, cols: 5 });
  expect(Math.hypot(...w)).toBeCloseTo(1, 12);
  const along = w.reduce((sum, value, i) => sum + (value - before[i]!) * before[i]!, 0);
  const moved = Math.hypot(...w.map((value, i) => value - before[i]!));
  expect(moved).toBeGreaterThan(1e-6);
  expect(Math.abs(along)).toBeLessThan(moved * 1e-3);
});

it("does nothing for a gradient along the row, which plain Adam follows", () => {
  const w = unit(3);
  const [before, g] = [w.slice(), w.map((value) => 4 * value)];
  const plain = w.slice();
  adamUnitRowsReference({ g, w, m: zeros64(5), v: zeros64(5) }, { ...numbers, eps: 1, rows: 1, cols: 5 });
  w.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 12));
  adamReference({ g, w: plain, m: zeros64(5), v: zeros64(5) }, { ...numbers, eps: 1, count: 5 });
  expect(Math.hypot(...plain)).toBeLessThan(1 - 1e-4);
});
