import { expect, it } from "vitest";
import { layerNormReference } from "./layerNorm.ref";

it("centres, divides by the biased deviation, which it writes, then applies gain and bias", () => {
  const [y, scale] = [new Float32Array(4), new Float32Array(1)];
  const x = new Float32Array([1, 2, 3, 4]); // mean 2.5, biased variance 1.25
  const weight = new Float32Array([1, 1, 2, 1]);
  const bias = new Float32Array([0, 0, 0, 5]);
  layerNormReference({ x, weight, bias, y, scale }, { rows: 1, cols: 4, eps: 0.25 });
  const unit = 0.5 / Math.sqrt(1.5);
  [-3 * unit, -unit, 2 * unit, 3 * unit + 5].forEach((value, i) => expect(y[i]).toBeCloseTo(value, 6));
  expect(scale[0]).toBe(Math.fround(Math.sqrt(1.5)));
});
