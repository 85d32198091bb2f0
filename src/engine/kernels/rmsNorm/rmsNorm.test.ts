import { expect, it } from "vitest";
import { rmsNormReference } from "./rmsNorm.ref";

it("divides by the root mean square and applies the offset gain", () => {
  const y = new Float32Array(2);
  const x = new Float32Array([3, -4]); // mean square 12.5
  rmsNormReference({ x, weight: new Float32Array([1, 0]), y }, { rows: 1, cols: 2, eps: 0, weightOffset: 1 });
  expect(y[0]).toBeCloseTo((2 * 3) / Math.sqrt(12.5), 6);
  expect(y[1]).toBeCloseTo(-4 / Math.sqrt(12.5), 6);
});
