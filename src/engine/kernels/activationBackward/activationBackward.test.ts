/** Slopes of the elementwise functions against central differences of the functions; where they are not smooth, by hand. */
import { expect, it } from "vitest";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import * as forward from "../unary/unary.ref";
import * as slope from "./activationBackward.ref";

const [COUNT, SCALARS] = [37, 2];

it.each([
  ["relu", forward.relu, slope.relu],
  ["silu", forward.silu, slope.silu],
  ["geluTanh", forward.geluTanh, slope.geluTanh],
  ["geluExact", forward.geluExact, slope.geluExact],
  ["softcap 3", forward.softcap(3), (v: number) => slope.softcap(3)(forward.softcap(3)(v))],
  ["a product with itself held", (v: number) => 1.7 * v, () => 1.7],
] as const)("%s", (_, apply, slopeOf) => {
  const x = noise64(COUNT, 3, 4);
  const cotangent = noise64(SCALARS * COUNT, 4);
  const gradient = zeros64(SCALARS * COUNT);
  slope.activationBackwardReference(() => slopeOf)(
    { dy: cotangent, v: x, dx: gradient },
    { count: SCALARS * COUNT, own: COUNT },
  );
  expectPullback({
    ...{ x, cotangent, gradient },
    forward: (at) => Float64Array.from(at, apply) as unknown as Float32Array,
  });
});

it("has the rectifier flat at 0", () => {
  expect([-1, -1e-30, 0, 1e-30, 1].map(slope.relu)).toEqual([0, 0, 0, 1, 1]);
});

it("has finite tails", () => {
  for (const of of [slope.silu, slope.geluTanh, slope.geluExact]) {
    expect(of(-90)).toBeCloseTo(0, 12);
    expect(of(90)).toBeCloseTo(1, 12);
  }
  expect(slope.softcap(30)(30)).toBe(0);
});

it("takes one factor for the slope of a product by the other", () => {
  expect(slope.product(-2.5)).toBe(-2.5);
});
