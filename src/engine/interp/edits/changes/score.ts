/** Scores by position: set, which shows a hidden key again, or raised. */
import { pairTest, scoresOf, type ChangeKind } from "./change";
import { keyWriter } from "./keyWriter";

export const score: ChangeKind<"score"> = {
  site: scoresOf,
  writer: (change, place) =>
    keyWriter(change, pairTest(change.pairs), change.op === "set" ? 0 : 1, change.value, place),
  sight: ({ heads, op, pairs }) => ({ heads, ...(op === "set" && { shows: pairTest(pairs) }) }),
};
