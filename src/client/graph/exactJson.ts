/**
 * JSON that is read back as the same numbers. `JSON.stringify` loses two kinds that `JSON.parse` can bring: −0, which it writes
 * as 0, and what is too large for a double (1e400, read as infinity), which it writes as null.
 */

const LOST: readonly (readonly [value: number, text: string])[] = [
  [-0, "-0.0"],
  [Infinity, "1e999"],
  [-Infinity, "-1e999"],
];

/** A text that is in no string of the value: `mark` grows until that is so. */
function freeMark(value: unknown): string {
  const text = JSON.stringify(value);
  let mark = "@number";
  while (text.includes(mark)) mark += "#";
  return mark;
}

const isLost = (value: unknown): value is number =>
  typeof value === "number" && LOST.some(([one]) => Object.is(one, value));

function holdsLost(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isLost(value);
  return (Array.isArray(value) ? (value as unknown[]) : Object.values(value)).some(holdsLost);
}

export function exactJson(value: unknown): string {
  if (!holdsLost(value)) return JSON.stringify(value);
  const mark = freeMark(value);
  const text = JSON.stringify(value, (_, one: unknown) =>
    isLost(one) ? mark + LOST.findIndex(([lost]) => Object.is(lost, one)) : one,
  );
  return LOST.reduce((so, [, number], i) => so.replaceAll(`"${mark}${i}"`, number), text);
}
