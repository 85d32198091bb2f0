/** Values as Python writes them. */
import type { AttentionPairs, Positions } from "../../protocol/interventions";

/** A string literal; JSON's escapes are Python's, but for those of characters outside the basic plane. */
export function pyString(text: string): string {
  return JSON.stringify(text);
}

/** A number; JavaScript's infinities and NaN have no literal in Python. */
export function pyFloat(value: number): string {
  return Number.isFinite(value)
    ? String(value)
    : `float("${Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"}")`;
}

/** A list; runs of consecutive numbers as a range. */
export function pyList(numbers: readonly number[]): string {
  const [first = 0] = numbers;
  const consecutive = numbers.length > 4 && numbers.every((value, i) => value === first + i);
  if (!consecutive) return `[${numbers.join(", ")}]`;
  return `list(range(${first === 0 ? "" : `${first}, `}${first + numbers.length}))`;
}

export const pyTokens = (tokens: readonly number[]) => `[${tokens.join(", ")}]`;

export function pyPositions(positions: Positions): string {
  return "from" in positions ? `slice(${positions.from}, None)` : pyList(positions);
}

/** Pairs of queries and keys, as `pairs_of` reads them. */
export function pyPairs(pairs: readonly AttentionPairs[]): string {
  const side = (one: Positions | "self" | undefined) =>
    one === undefined ? "None" : one === "self" ? '"self"' : pyPositions(one);
  return `[${pairs.map(({ queries, keys }) => `(${side(queries)}, ${side(keys)})`).join(", ")}]`;
}

/** A comment: one line, whatever is in it. */
export function pyComment(text: string): string {
  const MAX = 160;
  const line = text.replaceAll(/\s+/g, " ").trim();
  return `# ${line.length > MAX ? `${line.slice(0, MAX - 1)}…` : line}`;
}

/** Keyword arguments for those that are there. */
export function pyWhere(where: {
  readonly positions?: Positions;
  readonly heads?: readonly number[];
  readonly dims?: readonly number[];
}): string {
  return [
    ...(where.positions ? [`positions=${pyPositions(where.positions)}`] : []),
    ...(where.heads ? [`heads=${pyList(where.heads)}`] : []),
    ...(where.dims ? [`dims=${pyList(where.dims)}`] : []),
  ].join(", ");
}
