/** Pairs of positions as text, for chips and captions; apart from the reader, which the first view does without. */
import type { AttentionPairs, Positions } from "./interventions";

/** Neighbours as ranges. */
function writeList(list: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const one of list) {
    const last = parts.at(-1);
    if (last && last[1] + 1 === one) last[1] = one;
    else parts.push([one, one]);
  }
  return parts.map(([low, high]) => (low === high ? String(low) : `${low}..${high}`)).join(", ");
}

const writeSide = (side: Positions | "self" | undefined) => {
  if (side === undefined) return "*";
  if (side === "self") return side;
  return "from" in side ? `${side.from}..` : writeList(side);
};

/** The same, written: `parsePairs` reads it back. */
export const writePairs = (pairs: readonly AttentionPairs[]) =>
  pairs.map(({ queries, keys }) => `${writeSide(queries)} <- ${writeSide(keys)}`.trim()).join("; ");
