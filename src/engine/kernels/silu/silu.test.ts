import { expect, it } from "vitest";
import { siluReference } from "./silu.ref";

// Values computed independently, to ten digits.
it.each([
  [1, 0.7310585786],
  [-1, -0.2689414214],
  [4, 3.9280551601],
  [0, 0],
  [-100, 0],
])("maps %d to %d", (input, output) => {
  const y = new Float32Array(1);
  siluReference({ x: Float32Array.of(input), y }, { count: 1 });
  expect(y[0]).toBeCloseTo(output, 6);
});
