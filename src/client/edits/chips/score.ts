/** Attention scores by position, in words. */
import type { EditKindWords } from "./chip";
import { number, pairsText, placeText } from "./words";

export const score: EditKindWords<"score"> = {
  what: (edit) => `attention score ${placeText(undefined, edit)} at ${pairsText(edit.pairs)}`,
  amountText: ({ op, value }) => `${op === "set" ? "=" : "+"} ${number(value)}`,
};
