import { expect, it } from "vitest";
import { geluExactReference } from "./geluExact.ref";

// Values computed independently, to ten digits.
it.each([
  [1, 0.8413447461],
  [-1, -0.1586552539],
  [3, 2.9959503],
  [0, 0],
  [20, 20],
  [-20, 0],
])("maps %d to %d", (input, output) => {
  const y = new Float32Array(1);
  geluExactReference({ x: Float32Array.of(input), y }, { count: 1 });
  expect(y[0]).toBeCloseTo(output, 6);
});
