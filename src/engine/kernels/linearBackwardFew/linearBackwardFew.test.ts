/** The pullback of a product of few rows: its slices add up to `linearBackward`, which is held against slopes. */
import { expect, it } from "vitest";
import { noise64, zeros64 } from "../centralDifferences.samples";
import { linearBackwardReference } from "../linearBackward/linearBackward.ref";
import { sumSlicesReference } from "../sumSlices/sumSlices.ref";
import { F32 } from "../weights/weights";
import { linearBackwardFewReference } from "./linearBackwardFew.ref";

it("gives slices that add up to the whole, of a chunk among others", () => {
  const sizes = { rows: 3, inner: 5, cols: 11, yStride: 20, yOffset: 7 };
  const [dy, w, start] = [noise64(60, 1), noise64(55, 2), noise64(15, 3)];
  const [parts, whole, sum] = [zeros64(45), zeros64(15), zeros64(15)];
  linearBackwardFewReference(F32)({ dy, w, parts }, { ...sizes, slice: 4 });
  linearBackwardReference(F32)({ dy, w, start, dx: whole }, { ...sizes, hasStart: 1 });
  sumSlicesReference({ parts, start, y: sum }, { count: 15, slices: 3, hasStart: 1 });
  sum.forEach((value, i) => expect(value).toBeCloseTo(whole[i]!, 12));
});
