import { expect, it } from "vitest";
import { noise } from "../case";
import { saeStandardiseReference } from "./saeStandardise.ref";

function standardised(x: Float32Array, centred: number, eps: number) {
  const y = new Float32Array(x.length);
  const moments = new Float32Array(2);
  const sizes = { rows: 1, cols: x.length, eps, centred, hasBias: 0 };
  saeStandardiseReference({ x, bias: new Float32Array(1), y, moments }, sizes);
  return { y: [...y], moments: [...moments] };
}

it("divides by the deviation with Bessel's correction, plus eps", () => {
  const { y, moments } = standardised(Float32Array.of(1, 2, 3), 1, 1);
  expect(moments).toEqual([2, 1]);
  expect(y).toEqual([-0.5, 0, 0.5]);
});

it("divides by the root of the mean square where it is not centred", () => {
  expect(standardised(Float32Array.of(3, -3, 3), 0, 0)).toEqual({ y: [1, -1, 1], moments: [0, 3] });
});

// methods.md, 2a: of a row of 768 with eps 1e-5 and deviation 1, whatever its direction.
it("gives rows of 768 a squared length of 766.985", () => {
  const unit = standardised(noise(768, 3, 1), 1, 0).y;
  const { y } = standardised(Float32Array.from(unit), 1, 1e-5);
  expect(y.reduce((sum, value) => sum + value ** 2, 0)).toBeCloseTo(766.985, 2);
});
