import { expect, it } from "vitest";
import { signedBar, signedDomain } from "./signedScale";

it("keeps zero inside and ends on round numbers", () => {
  expect(signedDomain([2.31, 1.98])).toMatchObject({ high: 2.5 });
  expect(signedDomain([2.31, 1.98]).low).toBeLessThan(0);
  expect(signedDomain([-3.2, 0.4])).toEqual({ low: -4, high: 1 });
  const empty = signedDomain([NaN]);
  expect(empty.low).toBeLessThan(0);
  expect(empty.high).toBeGreaterThan(0);
});

it("draws from zero to the value, clipped to the axis", () => {
  expect(signedBar(1, -1, 3)).toEqual({ zero: 25, left: 25, width: 25 });
  expect(signedBar(-1, -1, 3)).toEqual({ zero: 25, left: 0, width: 25 });
  expect(signedBar(9, -1, 3)).toEqual({ zero: 25, left: 25, width: 75 });
  expect(signedBar(NaN, -1, 3)).toEqual({ zero: 25, left: 25, width: 0 });
});
