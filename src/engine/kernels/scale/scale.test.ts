import { expect, it } from "vitest";
import { scaleReference } from "./scale.ref";

// Multiplies.
it.each([
  [2, 6],
  [-1.5, -4.5],
  [0, 0],
])("maps %d to %d", (input, output) => {
  const y = new Float32Array(1);
  scaleReference({ x: Float32Array.of(input), y }, { count: 1, factor: 3 });
  expect(y[0]).toBeCloseTo(output, 6);
});
