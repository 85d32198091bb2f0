/** The share of outputs that a change touches, on changes whose share is known. */
import { expect, it } from "vitest";
import { gaussian } from "../../../random/distributions";
import { lcg } from "../../../random/lcg";
import { AblationSparsity } from "./ablationSparsity";

const of = (...rows: Float32Array[]) => {
  const sparsity = new AblationSparsity();
  for (const row of rows) sparsity.add(row);
  return sparsity.value;
};

function normal(length: number): Float32Array {
  const next = lcg(1);
  const uniform = () => (next() + 0.5) / 2 ** 32;
  return Float32Array.from({ length }, () => gaussian(uniform(), uniform()));
}

it("is 2/π for normal noise", () => {
  const value = of(normal(200_001));
  expect(Math.abs(value - 2 / Math.PI)).toBeLessThan(0.003);
});

it("is 1/N where one output changes, over all tokens", () => {
  expect(of(new Float32Array(50).with(7, 3))).toBeCloseTo(1 / 50, 12);
  expect(of(new Float32Array(50).with(7, 3), new Float32Array(50))).toBeCloseTo(1 / 100, 12);
});

it("does not see a constant, and is 0 for no change", () => {
  expect(of(new Float32Array(50).fill(4).with(7, 7))).toBeCloseTo(1 / 50, 12);
  expect(of(new Float32Array(50).fill(4))).toBe(0);
  expect(of(Float32Array.of(-1, 1, -1, 1), Float32Array.of(6, 4, 6, 4))).toBe(1);
});
