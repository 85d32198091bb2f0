import { expect, it } from "vitest";
import { reluReference } from "./relu.ref";

// Keeps what is positive.
it.each([
  [1.5, 1.5],
  [-1.5, 0],
  [0, 0],
])("maps %d to %d", (input, output) => {
  const y = new Float32Array(1);
  reluReference({ x: Float32Array.of(input), y }, { count: 1 });
  expect(y[0]).toBeCloseTo(output, 6);
});
