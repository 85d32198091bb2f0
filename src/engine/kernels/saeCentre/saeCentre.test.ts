import { expect, it } from "vitest";
import { saeCentreReference } from "./saeCentre.ref";

it("scales, then takes off the bias", () => {
  const y = new Float32Array(4);
  const views = { x: Float32Array.of(1, 2, 3, 4), bias: Float32Array.of(10, 1), y };
  saeCentreReference(views, { rows: 2, cols: 2, factor: 2, hasBias: 1 });
  expect([...y]).toEqual([-8, 3, -4, 7]);
  saeCentreReference(views, { rows: 2, cols: 2, factor: 2, hasBias: 0 });
  expect([...y]).toEqual([2, 4, 6, 8]);
});
