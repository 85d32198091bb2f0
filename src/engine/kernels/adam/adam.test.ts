/** The reference by hand: what the first steps of Adam are known to be. */
import { expect, it } from "vitest";
import { adamReference } from "./adam.ref";

const numbers = { count: 2, rate: 0.1, beta1: 0.9, beta2: 0.99, eps: 0, decay: 0, gradientScale: 1 };

it("moves by the rate against the sign of the gradient in the first step", () => {
  const [w, m, v] = [
    Float64Array.of(1, 1),
    Float64Array.of(0, 0),
    Float64Array.of(0, 0),
  ] as never[] as Float32Array[];
  adamReference(
    { g: Float32Array.of(5, -0.25), w: w!, m: m!, v: v! },
    { ...numbers, correction1: 0.1, correction2: 0.01 },
  );
  expect(w![0]).toBeCloseTo(0.9, 12);
  expect(w![1]).toBeCloseTo(1.1, 12);
  expect(m![0]).toBeCloseTo(0.5, 12);
  expect(v![0]).toBeCloseTo(0.25, 12);
});

it("decays apart from the gradient, which is scaled first", () => {
  const [w, m, v] = [Float32Array.of(2, 0), Float32Array.of(0, 0), Float32Array.of(0, 0)];
  adamReference(
    { g: Float32Array.of(0, 4), w, m, v },
    { ...numbers, eps: 1, decay: 0.5, gradientScale: 0.25, correction1: 0.1, correction2: 0.01 },
  );
  expect(w[0]).toBeCloseTo(2 - 0.1 * 0.5 * 2, 6);
  expect(w[1]).toBeCloseTo(-0.1 * (1 / (1 + 1)), 6);
});
