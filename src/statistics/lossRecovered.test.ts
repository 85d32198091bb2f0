/** A share of a loss, and where there is none to take a share of. */
import { expect, it } from "vitest";
import { lossRecovered, pooledLosses } from "./lossRecovered";
import { meanError } from "./meanError";

const losses = { clean: 1, spliced: 2, zero: 5, zeroError: 0.5 };

it("is the share of the loss that the reconstruction keeps", () => {
  expect(lossRecovered(losses)).toBe(0.75);
  expect(lossRecovered({ ...losses, zeroError: NaN })).toBe(0.75);
});

it("is not defined where the site at zero beats the model, or loses less than its error", () => {
  // 3 − 3.2: every reconstruction in between would “recover” a negative share.
  expect(lossRecovered({ ...losses, clean: 3.2, spliced: 3.1, zero: 3 })).toBeNaN();
  expect(lossRecovered({ ...losses, zero: 1 })).toBeNaN();
  expect(lossRecovered({ ...losses, zero: 1.9 })).toBeNaN();
  expect(lossRecovered({ ...losses, zero: 2.1 })).not.toBeNaN();
});

it("takes the error between texts", () => {
  expect(meanError([1, 3])).toBe(1);
  expect(meanError([1])).toBeNaN();
  const text = (gap: number, n: number) => ({ clean: 0, spliced: 1, zero: gap, zeroError: 0.1, n });
  expect(pooledLosses([text(2, 10)])).toMatchObject({ zero: 2, zeroError: 0.1 });
  const two = pooledLosses([text(2, 10), text(6, 10)]);
  expect(two).toMatchObject({ clean: 0, spliced: 1, zero: 4 });
  expect(two.zeroError).toBeCloseTo(2, 12);
  // By tokens: the short text moves the mean little.
  expect(pooledLosses([text(2, 30), text(6, 10)]).zero).toBe(3);
});
