import { expect, it } from "vitest";
import { highEnd, lowEnd, mirrored, signedBar, signedDomain } from "./signedScale";

it("keeps zero inside and ends on round numbers", () => {
  expect(signedDomain([2.31, 1.98])).toMatchObject({ high: 2.5 });
  expect(signedDomain([2.31, 1.98]).low).toBeLessThan(0);
  expect(signedDomain([-3.2, 0.4])).toEqual({ low: -4, high: 1 });
  const empty = signedDomain([NaN]);
  expect(empty.low).toBeLessThan(0);
  expect(empty.high).toBeGreaterThan(0);
});

it("reaches as far as its least scale, on the side where the values are", () => {
  // 2e-5 nats are a hair where 0.1 nat is the end, as long as they should be beside 3 nats.
  const tiny = signedDomain([2e-5, -1e-6], 0.1);
  expect(tiny.high).toBe(0.1);
  expect(signedBar(2e-5, tiny.low, tiny.high).width).toBeLessThan(0.1);
  expect(signedDomain([-2e-5], 0.1).low).toBe(-0.1);
  // Values below zero have the axis to themselves, as those above it have.
  const lowers = signedDomain([-0.6, ...mirrored([1.6, 0.5])]);
  const raises = signedDomain([1.6, 0.5]);
  expect([lowers.low, highEnd(lowers)]).toEqual([-raises.high, 0]);
  expect([lowEnd(raises), highEnd(raises)]).toEqual([0, 2]);
  expect(signedBar(-0.6, lowers.low, lowers.high).width).toBeCloseTo(
    signedBar(0.6, raises.low, raises.high).width,
    9,
  );
  expect(signedDomain([], 0.1).high).toBe(0.1);
  expect(signedDomain([3, -0.2], 0.1)).toEqual(signedDomain([3, -0.2]));
});

it("draws from zero to the value, clipped to the axis", () => {
  expect(signedBar(1, -1, 3)).toEqual({ zero: 25, left: 25, width: 25 });
  expect(signedBar(-1, -1, 3)).toEqual({ zero: 25, left: 0, width: 25 });
  expect(signedBar(9, -1, 3)).toEqual({ zero: 25, left: 25, width: 75 });
  expect(signedBar(NaN, -1, 3)).toEqual({ zero: 25, left: 25, width: 0 });
});
