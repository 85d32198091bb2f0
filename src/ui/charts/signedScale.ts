/** The axis that signed bars share: it always holds zero, and ends on round numbers. */
import { nice } from "d3-array";

/** Share of the axis that is kept on the side of zero where nothing lies. */
const EDGE = 0.04;

export interface Domain {
  readonly low: number;
  readonly high: number;
}

/**
 * A domain for these values, that reaches at least as far as `least` on the side of the largest; a little of the empty side
 * is kept, so that the zero line is seen.
 */
export function signedDomain(values: readonly number[], least = 0): Domain {
  const finite = values.filter(Number.isFinite);
  const [most, fewest] = [Math.max(0, ...finite), Math.min(0, ...finite)];
  const isBelow = -fewest > most;
  const high = isBelow ? most : Math.max(most, least);
  const low = isBelow ? Math.min(fewest, -least) : fewest;
  const span = high - low || 1;
  const [niceLow, niceHigh] = nice(low, low === 0 ? high || span : high, 4);
  return { low: low === 0 ? -EDGE * span : niceLow, high: high === 0 && low < 0 ? EDGE * span : niceHigh };
}

/** What stands at the low end of the axis: 0 where only the kept edge lies below it. */
export const lowEnd = ({ low, high }: Domain) => (low < -EDGE * (high - low) ? low : 0);

/** What stands at the high end: 0 where only the kept edge lies above it. */
export const highEnd = ({ low, high }: Domain) => (high > EDGE * (high - low) ? high : 0);

/** A list turned over: beside one of the other sign both axes then reach as far, and equal bars are equal sizes. */
export const mirrored = (values: Iterable<number>): number[] => Array.from(values, (value) => -value);

/** Percent of the track, kept on it. */
export const signedEnd = (x: number, low: number, high: number) =>
  (100 * (Math.min(high, Math.max(low, x)) - low)) / (high - low);

/** Percent of the track: where zero is, where the bar begins, how wide it is. */
export function signedBar(
  value: number,
  low: number,
  high: number,
): { zero: number; left: number; width: number } {
  const zero = signedEnd(0, low, high);
  if (!Number.isFinite(value)) return { zero, left: zero, width: 0 };
  const end = signedEnd(value, low, high);
  return { zero, left: Math.min(zero, end), width: Math.abs(end - zero) };
}
