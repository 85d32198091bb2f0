/** Attention knock-out, in words. */
import type { EditKindWords } from "./chip";
import { placeText, positionsText } from "./words";

export const knockOut: EditKindWords<"knockOut"> = {
  what: (edit) => `knock out attention ${placeText(undefined, edit)}`,
  scope({ queries, keys }) {
    const from = positionsText(queries, "all queries").replace("position", "query position");
    const to = positionsText(keys, "all keys but their own").replace("position", "key position");
    return `${from} to ${to}`;
  },
};
