import { expect, it } from "vitest";
import { rmsNormReference } from "./rmsNorm.ref";

it("divides by the root mean square, which it writes, and applies the offset gain", () => {
  const [y, scale] = [new Float32Array(2), new Float32Array(1)];
  const x = new Float32Array([3, -4]); // mean square 12.5
  const weight = new Float32Array([1, 0]);
  rmsNormReference({ x, weight, y, scale }, { rows: 1, cols: 2, eps: 0, weightOffset: 1 });
  expect(y[0]).toBeCloseTo((2 * 3) / Math.sqrt(12.5), 6);
  expect(y[1]).toBeCloseTo(-4 / Math.sqrt(12.5), 6);
  expect(scale[0]).toBe(Math.fround(Math.sqrt(12.5)));
});
