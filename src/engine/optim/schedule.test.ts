import { expect, it } from "vitest";
import { clipScale, rateAt } from "./schedule";

it("rises, stays, and falls to the last step", () => {
  const schedule = { rate: 2, warmUp: 4, decay: 0.5 };
  const rates = Array.from({ length: 10 }, (_, i) => rateAt(schedule, i + 1, 10));
  const expected = [0.5, 1, 1.5, 2, 2, 2, 1.6, 1.2, 0.8, 0.4];
  rates.forEach((rate, i) => expect(rate).toBeCloseTo(expected[i]!, 12));
});

it("is level without warm-up and decay", () => {
  expect(rateAt({ rate: 3, warmUp: 0, decay: 0 }, 1, 5)).toBe(3);
  expect(rateAt({ rate: 3, warmUp: 0, decay: 0 }, 5, 5)).toBe(3);
});

it("scales only gradients that are too long", () => {
  expect(clipScale(4, 1)).toBe(0.25);
  expect(clipScale(0.5, 1)).toBe(1);
});
