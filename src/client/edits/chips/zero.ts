/** Zero ablation, in words. */
import type { EditKindWords } from "./chip";
import { placeText, replacing } from "./words";

export const zero: EditKindWords<"zero"> = {
  ...replacing,
  what: (edit) => `zero ${placeText(edit.site, edit)}`,
};
