/** The fields that link schemas are made of: each is bounded, so that a stranger's link can never ask for much. */
import * as v from "valibot";

const MAX_TEXT = 200_000;
const MAX_STEPS = 512;
const MAX_TOKENS = 100_000;
/** Layers, heads, dimensions or positions that a field lists. */
const MAX_INDICES = 100_000;

const bounded = (length: number) =>
  v.pipe(v.string(), v.maxLength(length), v.excludes("\0", "must not hold a NUL character"));
export const text = bounded(MAX_TEXT);
export const label = bounded(200);
export const number = v.pipe(v.number(), v.finite());
export const between = (low: number, high: number) => v.pipe(number, v.minValue(low), v.maxValue(high));
export const whole = v.pipe(between(0, 0xffffffff), v.integer());
export const listOf = <S extends v.GenericSchema>(item: S, most: number) =>
  v.pipe(v.array(item), v.maxLength(most));
export const perStep = <S extends v.GenericSchema>(item: S) => listOf(item, MAX_STEPS);
export const tokens = listOf(whole, MAX_TOKENS);
export const indices = listOf(whole, MAX_INDICES);
