import { expect, it } from "vitest";
import { formatTimeLeft, phaseAfter, secondsLeft } from "./timeLeft";

const at = (done: number, total = 100) => ({ done, total, note: "" });

it("begins a phase with the first bytes, and another when it counts from the start again", () => {
  const first = phaseAfter(undefined, at(0), 10);
  expect(first).toEqual({ atMs: 10, done: 0 });
  const fetching = phaseAfter({ phase: first, progress: at(0) }, at(40), 20);
  expect(fetching).toEqual({ atMs: 20, done: 40 });
  expect(phaseAfter({ phase: fetching, progress: at(40) }, at(50), 30)).toBe(fetching);
  expect(phaseAfter({ phase: fetching, progress: at(50) }, at(5), 40)).toEqual({ atMs: 40, done: 5 });
});

it("tells what is left from what this phase did, not from what was there before", () => {
  const phase = { atMs: 1000, done: 40 };
  expect(secondsLeft(phase, at(50), 1500)).toBeUndefined();
  expect(secondsLeft(phase, at(40), 3000)).toBeUndefined();
  expect(secondsLeft(phase, at(60), 3000)).toBe(4);
  expect(secondsLeft(phase, at(120), 3000)).toBe(0);
});

it("rounds what is a guess", () => {
  expect([0, 4.2, 99, 100, 200].map(formatTimeLeft)).toEqual(["0 s", "5 s", "99 s", "2 min", "3 min"]);
});
