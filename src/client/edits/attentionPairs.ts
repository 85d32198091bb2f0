/**
 * Pairs of positions as people write them, and as a matrix of 0 and 1. Written: rules with semicolons or line ends between
 * them, each "queries <- keys": "3 <- 0..2; 5.. <- self; * <- 0". Queries and keys are lists and ranges, "*" for all,
 * "4.." for every one from 4 on, and keys may be "self". Pure; the page and the command line read the same.
 */
import type { AttentionPairs, Positions } from "../../protocol/interventions";

/** Rules that a text may have, positions that one of them may list, rows of a matrix. */
export const MAX_RULES = 512;
const MAX_LISTED = 4096;
export const MAX_MASK_ROWS = 512;

type Read<T> = T | { readonly wrong: string };
const isWrong = (value: unknown): value is { readonly wrong: string } =>
  typeof value === "object" && value !== null && "wrong" in value;

/** Undefined: all. */
function readPositions(text: string, what: string): Read<{ readonly positions: Positions | undefined }> {
  const words = text.trim();
  if (words === "*" || words === "all") return { positions: undefined };
  const from = /^(\d{1,7})\s*\.\.$/.exec(words)?.[1];
  if (from !== undefined) return { positions: { from: Number(from) } };
  const found = new Set<number>();
  for (const part of words.split(/[,\s]+/).filter(Boolean)) {
    const [, first, last = first] = /^(\d{1,7})(?:(?:\.\.|-|–)(\d{1,7}))?$/.exec(part) ?? [];
    if (first === undefined)
      return {
        wrong: `“${part.slice(0, 20)}” names no ${what}: write 3, or 0..2, or 4.. for all from 4 on, or *`,
      };
    const [low, high] = [Number(first), Number(last)];
    if (high < low) return { wrong: `“${part}” runs backwards: write the smaller position first` };
    if (high - low >= MAX_LISTED)
      return { wrong: `“${part}” lists more than ${MAX_LISTED} positions: write ${low}..` };
    for (let position = low; position <= high; position++) found.add(position);
  }
  return { positions: [...found].sort((a, b) => a - b) };
}

/** The pairs of a text, or what is wrong with which rule. */
export function parsePairs(text: string): Read<{ readonly pairs: readonly AttentionPairs[] }> {
  const rules = text
    .split(/[;\n]/)
    .map((rule) => rule.trim())
    .filter(Boolean);
  if (rules.length === 0) return { wrong: "Write at least one rule, for instance 3 <- 0..2." };
  if (rules.length > MAX_RULES) return { wrong: `These are ${rules.length} rules: at most ${MAX_RULES}.` };
  const pairs: AttentionPairs[] = [];
  for (const [i, rule] of rules.entries()) {
    const wrong = (why: string) => ({ wrong: `Rule ${i + 1}, “${rule.slice(0, 40)}”: ${why}.` });
    const sides = rule.split(/<-|←/);
    const [left = "", right = ""] = sides;
    if (sides.length !== 2 || left.trim() === "")
      return wrong("write queries <- keys, for instance 3 <- 0..2");
    const queries = readPositions(left, "query");
    if (isWrong(queries)) return wrong(queries.wrong);
    const keys = right.trim() === "self" ? { positions: "self" as const } : readPositions(right, "key");
    if (isWrong(keys)) return wrong(keys.wrong);
    pairs.push({
      ...(queries.positions !== undefined && { queries: queries.positions }),
      ...(keys.positions !== undefined && { keys: keys.positions }),
    });
  }
  return { pairs };
}

/**
 * A matrix of 0 and 1, [query][key], 1 = is seen, as pairs for a mask with op "only". Rows that are alike share one rule.
 * A 1 right of the diagonal is refused: attention here is causal, a mask can only hide.
 */
export function pairsOfMatrix(
  rows: readonly (readonly number[])[],
): Read<{ readonly pairs: readonly AttentionPairs[] }> {
  if (rows.length === 0) return { wrong: "The matrix is empty: give one row a query." };
  if (rows.length > MAX_MASK_ROWS)
    return { wrong: `The matrix has ${rows.length} rows: at most ${MAX_MASK_ROWS}.` };
  const alike = new Map<string, { readonly keys: number[]; readonly queries: number[] }>();
  for (const [query, row] of rows.entries()) {
    if (row.length !== rows.length)
      return {
        wrong: `Row ${query} has ${row.length} entries and there are ${rows.length} rows: give a square matrix.`,
      };
    const odd = row.findIndex((value) => value !== 0 && value !== 1);
    if (odd >= 0)
      return { wrong: `Row ${query}, column ${odd} is ${row[odd]}: give 0 (hidden) or 1 (seen).` };
    const later = row.findIndex((value, key) => value === 1 && key > query);
    if (later >= 0)
      return {
        wrong: `Row ${query} shows key ${later}, which comes later: attention here is causal, so a mask can only hide. Put 0 right of the diagonal.`,
      };
    const keys = row.flatMap((value, key) => (value === 1 ? [key] : []));
    const same = alike.get(keys.join()) ?? { keys, queries: [] };
    same.queries.push(query);
    alike.set(keys.join(), same);
  }
  return { pairs: [...alike.values()].map(({ queries, keys }) => ({ queries, keys })) };
}

/** Whether a text is a matrix (JSON, or rows of 0 and 1) and not rules. */
const LOOKS_LIKE_ROWS = /^[\s\d.,;]+$/;

/** A matrix from JSON ([[1, 0], …]) or CSV; undefined where the text is neither. */
export function matrixOfText(text: string): readonly (readonly number[])[] | undefined {
  const body = text.trim();
  if (body.startsWith("[")) {
    try {
      const value: unknown = JSON.parse(body);
      const isMatrix =
        Array.isArray(value) &&
        value.every(
          (row) =>
            Array.isArray(row) && row.every((one) => typeof one === "number" || typeof one === "boolean"),
        );
      return isMatrix ? (value as (number | boolean)[][]).map((row) => row.map(Number)) : undefined;
    } catch {
      return undefined;
    }
  }
  if (body === "" || !LOOKS_LIKE_ROWS.test(body)) return undefined;
  return body.split(/\r?\n|;/).map((row) =>
    row
      .trim()
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(Number),
  );
}

/** Rules or a matrix, whichever the text is. A matrix needs op "only". */
export function readPairs(
  text: string,
): Read<{ readonly pairs: readonly AttentionPairs[]; readonly isMatrix: boolean }> {
  const matrix = matrixOfText(text);
  const read = matrix ? pairsOfMatrix(matrix) : parsePairs(text);
  return isWrong(read) ? read : { ...read, isMatrix: matrix !== undefined };
}
