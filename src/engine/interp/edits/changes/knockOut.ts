/** A knock-out: chosen queries do not see chosen keys; a token's own key is never hidden. */
import { within } from "../../batch/positions";
import { KNOCKED_OUT } from "../editTable";
import { scoresOf, type Change, type ChangeKind, type KeysOfQuery } from "./change";
import { keyWriter } from "./keyWriter";

function hiddenBy({ queries, keys }: Change<"knockOut">): KeysOfQuery {
  const [isQuery, isKey] = [within(queries), within(keys)];
  return (query) => (isQuery(query) ? (key, isOwn) => !isOwn && isKey(key) : undefined);
}

export const knockOut: ChangeKind<"knockOut"> = {
  site: scoresOf,
  writer: (change, place) => keyWriter(change, hiddenBy(change), 0, KNOCKED_OUT, place),
  sight: (change) => ({ heads: change.heads, hides: hiddenBy(change) }),
};
