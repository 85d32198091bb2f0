import { expect, it } from "vitest";
import { geluTanhReference } from "./geluTanh.ref";

// Values computed independently, to ten digits.
it.each([
  [1, 0.8411919906],
  [-1, -0.1588080094],
  [3, 2.9963625],
  [0, 0],
  [20, 20],
  [-20, 0],
])("maps %d to %d", (input, output) => {
  const y = new Float32Array(1);
  geluTanhReference({ x: Float32Array.of(input), y }, { count: 1 });
  expect(y[0]).toBeCloseTo(output, 6);
});
