import { expect, it } from "vitest";
import { softcapReference } from "./softcap.ref";

// tanh values computed independently, to ten digits.
it.each([
  [0, 0],
  [30, 22.8478246859],
  [-15, -13.8635147179],
  [1e6, 30],
])("maps %d to %d", (input, output) => {
  const y = new Float32Array(1);
  softcapReference({ x: Float32Array.of(input), y }, { count: 1, cap: 30 });
  expect(y[0]).toBeCloseTo(output, 4);
});
