/** A mask by position, in words. */
import type { EditKindWords } from "./chip";
import { pairsText, placeText } from "./words";

export const mask: EditKindWords<"mask"> = {
  what: (edit) =>
    `mask attention ${placeText(undefined, edit)}, ${edit.op === "hide" ? "hidden" : "seen alone"} ${pairsText(edit.pairs)}`,
  scope: ({ empty }) => (empty === "zeros" ? "" : "rows that see nothing uniform"),
};
