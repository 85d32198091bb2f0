/** How long the phase of long work that is under way will still take, from how it went so far. */
import type { Progress } from "../protocol/progress";

/** Before this, a rate would be a guess. */
const FIRST_GUESS_MS = 1000;

/** Where a phase began: work goes through several, and each counts from its own start. */
export interface Phase {
  readonly atMs: number;
  readonly done: number;
}

/** The phase goes on while more is done; nothing done, or less than before, is the start of another. */
export function phaseAfter(
  before: { readonly phase: Phase; readonly progress: Progress } | undefined,
  { done }: Progress,
  nowMs: number,
): Phase {
  const goesOn = before !== undefined && before.progress.done > 0 && done >= before.progress.done;
  return goesOn ? before.phase : { atMs: nowMs, done };
}

/** Rounded as a guess deserves: "5 s", "3 min". */
export function formatTimeLeft(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

/** Seconds, or undefined while it is too early to tell. */
export function secondsLeft(phase: Phase, { done, total }: Progress, nowMs: number): number | undefined {
  const elapsedMs = nowMs - phase.atMs;
  if (elapsedMs < FIRST_GUESS_MS || done <= phase.done) return undefined;
  return ((elapsedMs / (done - phase.done)) * Math.max(0, total - done)) / 1000;
}
