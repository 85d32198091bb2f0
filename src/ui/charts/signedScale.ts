/** The axis that signed bars share: it always holds zero, and ends on round numbers. */
import { nice } from "d3-array";

export interface Domain {
  readonly low: number;
  readonly high: number;
}

/** A domain for these values; a little of the empty side is kept, so that the zero line is seen. */
export function signedDomain(values: readonly number[]): Domain {
  const finite = values.filter(Number.isFinite);
  const high = Math.max(0, ...finite);
  const low = Math.min(0, ...finite);
  const span = high - low || 1;
  const [niceLow, niceHigh] = nice(low, high || span, 4);
  return { low: low === 0 ? -0.04 * span : niceLow, high: niceHigh };
}

/** What stands at the low end of the axis: 0 where nothing lies below it. */
export const lowEnd = ({ low }: Domain, values: readonly number[]) =>
  values.some((value) => value < 0) ? low : 0;

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
