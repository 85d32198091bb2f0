import { expect, it } from "vitest";
import { sumSlicesReference } from "./sumSlices.ref";

it("adds up slices, to a start where there is one", () => {
  const views = { parts: Float32Array.of(1, 2, 10, 20, 100, 200), start: Float32Array.of(0.5, -0.5) };
  const y = new Float32Array(2);
  sumSlicesReference({ ...views, y }, { count: 2, slices: 3, hasStart: 0 });
  expect([...y]).toEqual([111, 222]);
  sumSlicesReference({ ...views, y }, { count: 2, slices: 2, hasStart: 1 });
  expect([...y]).toEqual([11.5, 21.5]);
});
