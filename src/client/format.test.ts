import { expect, it } from "vitest";
import { formatBytes, formatCount, formatNumber, formatProbability, formatSigned } from "./format";

it.each([
  [2.314, "+2.31"],
  [-0.037, "−0.04"],
  [0.0003, "+3.0e−4"],
  [-1e-9, "0.00"],
  [0, "0.00"],
  [NaN, "–"],
])("writes %d nats as %s", (value, text) => {
  expect(formatSigned(value)).toBe(text);
});

it("writes log-probabilities, probabilities, counts and bytes", () => {
  expect(formatNumber(-4.3111)).toBe("−4.311");
  expect(formatProbability(0.9714)).toBe("0.971");
  expect(formatProbability(0.0000312)).toBe("3.1e−5");
  expect(formatCount(480_096)).toBe("480 k");
  expect(formatCount(124_439_808)).toBe("124.4 M");
  expect(formatBytes(960_192)).toBe("938 KiB");
});
