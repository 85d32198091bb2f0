/** Lists of whole numbers as people write them: "3, 5-9". */

import type { Positions } from "../../protocol/interventions";

/** Most numbers that a list may name. */
export const MAX_LISTED = 100_000;

/** "3, 5–9": neighbours as ranges, in order. */
export function formatIndices(indices: readonly number[]): string {
  const sorted = [...new Set(indices)].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const index of sorted) {
    const last = ranges.at(-1);
    if (last && last[1] + 1 === index) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}–${last}`)).join(", ");
}

/**
 * The numbers that `text` names, each once, ascending; or a sentence that says what is wrong. `thing` names one
 * ("layer"), `count` says how many there are; without a count only the form is checked.
 */
export function parseIndices(
  text: string,
  thing: string,
  count?: number,
): { readonly indices: readonly number[] } | { readonly wrong: string } {
  const found = new Set<number>();
  const refuse = (what: string) => ({
    wrong: count === undefined ? what : `${what}: there ${countText(thing, count)}.`,
  });
  const ranges = text.replace(/(\d)\s*[-–−]\s*(?=\d)/g, "$1-");
  for (const part of ranges.split(/[,;\s]+/).filter(Boolean)) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) return { wrong: `“${part.slice(0, 20)}” is no ${thing}: write a list such as 3, 5-9.` };
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first) return { wrong: `“${part}” runs backwards: write the smaller ${thing} first.` };
    if (count !== undefined && last >= count) return refuse(`${thing} ${last} does not exist`);
    if (last - first >= MAX_LISTED) return { wrong: `“${part}” names more than ${MAX_LISTED} of them.` };
    for (let index = first; index <= last; index++) found.add(index);
  }
  return { indices: [...found].sort((a, b) => a - b) };
}

/** "are layers 0 to 3", "is only layer 0". */
function countText(thing: string, count: number): string {
  if (count === 0) return `is no ${thing}`;
  return count === 1 ? `is only ${thing} 0` : `are ${thing}s 0 to ${count - 1}`;
}

/**
 * Positions as people write them: nothing is all of them, "from 5" is every later one too, else a list. `count` is
 * how many the model can read.
 */
export function parsePositions(
  text: string,
  count: number,
): { readonly positions: Positions | undefined } | { readonly wrong: string } {
  const words = text.trim();
  if (words === "" || words === "all") return { positions: undefined };
  const from = /^from\s+(\d+)$/.exec(words);
  const parsed = parseIndices(from?.[1] ?? words, "position", count);
  if ("wrong" in parsed) return parsed;
  const [first] = parsed.indices;
  if (first === undefined) return { positions: undefined };
  return { positions: from ? { from: first } : parsed.indices };
}

/** The same, written: "", "from 5", "3, 5–9". */
export function writePositions(positions: Positions | undefined): string {
  if (positions === undefined) return "";
  return "from" in positions ? `from ${positions.from}` : formatIndices(positions);
}
