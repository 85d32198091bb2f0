/** The pullback of a norm with a given scale against central differences of `normApply`, by x and by the scale. */
import { expect, it } from "vitest";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { normApplyReference } from "../normApply/normApply.ref";
import { normBackwardReference } from "./normBackward.ref";

const [OWN, COLS, SCALARS] = [3, 7, 2];
const ROWS = OWN * SCALARS;

it.each([
  [0, 1],
  [1, 0],
])("centred %d, weights less %d", (centred, weightOffset) => {
  const [x, weight, bias] = [noise64(OWN * COLS, 1, 2), noise64(COLS, 2), noise64(COLS, 3)];
  const scale = noise64(OWN, 4).map((value) => value + 1.5);
  const cotangent = noise64(ROWS * COLS, 5);
  const [dx, dScale] = [zeros64(ROWS * COLS), zeros64(ROWS)];
  const sizes = { cols: COLS, centred, weightOffset };
  normBackwardReference({ dy: cotangent, x, scale, weight, dx, dScale }, { ...sizes, rows: ROWS, own: OWN });
  const forward = (views: { x: Float32Array; scale: Float32Array }) => {
    const y = zeros64(OWN * COLS);
    normApplyReference({ ...views, weight, bias, y }, { ...sizes, rows: OWN });
    return y;
  };
  expectPullback({ forward: (at) => forward({ x: at, scale }), x, cotangent, gradient: dx });
  expectPullback({ forward: (at) => forward({ x, scale: at }), x: scale, cotangent, gradient: dScale });
});

it("gives a cotangent of zeros no scale", () => {
  const [dx, dScale] = [new Float32Array(2), new Float32Array(1)];
  const views = { dy: new Float32Array(2), x: Float32Array.of(1, 3), scale: Float32Array.of(2), dx, dScale };
  const params = { rows: 1, own: 1, cols: 2, centred: 1, weightOffset: 0 };
  normBackwardReference({ ...views, weight: Float32Array.of(1, 1) }, params);
  expect([...dx, ...dScale].map(Math.abs)).toEqual([0, 0, 0]);
});
