/** A mask by position: pairs of queries and keys are hidden, or alone seen; it can hide a token from itself. */
import { KNOCKED_OUT } from "../editTable";
import { pairTest, scoresOf, type Change, type ChangeKind, type KeysOfQuery } from "./change";
import { keyWriter } from "./keyWriter";

function hiddenBy({ pairs, op }: Change<"mask">): KeysOfQuery {
  const named = pairTest(pairs);
  return (query) => {
    const isNamed = named(query);
    return isNamed && op === "only" ? (key, isOwn) => !isNamed(key, isOwn) : isNamed;
  };
}

export const mask: ChangeKind<"mask"> = {
  site: scoresOf,
  writer: (change, place) => keyWriter(change, hiddenBy(change), 0, KNOCKED_OUT, place),
  sight: (change) => ({ heads: change.heads, hides: hiddenBy(change), empty: change.empty }),
  emptiesRows: true,
};
