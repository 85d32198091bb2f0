/** Scaling, in words. */
import type { EditKindWords } from "./chip";
import { amountOfAnySize, number, placeText, scope } from "./words";

export const scale: EditKindWords<"scale"> = {
  what: (edit) => `scale ${placeText(edit.site, edit)}`,
  scope,
  amount: ({ factor }) => amountOfAnySize("factor", factor),
  amountText: ({ factor }) => `× ${number(factor)}`,
};
