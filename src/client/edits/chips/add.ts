/** Adding a direction, in words. */
import type { Direction } from "../../../protocol/interventions";
import { tokenWidth } from "../siteSize";
import type { EditKindWords } from "./chip";
import { amountOfAnySize, MINUS, number, placeText, quoted, scope } from "./words";

function directionText(direction: Direction): string {
  if (direction.kind === "vector") return direction.name;
  const over = direction.over === "last" ? "last token" : "all tokens";
  return `${quoted(direction.plus.text)} ${MINUS} ${quoted(direction.minus.text)} (${over})`;
}

export const add: EditKindWords<"add"> = {
  what: (edit) => `add to ${placeText(edit.site, edit)} ${directionText(edit.direction)}`,
  scope,
  amount: ({ coefficient }) => amountOfAnySize("coefficient", coefficient),
  amountText: ({ coefficient }) => `× ${number(coefficient)}`,
  hasTokens: ({ direction }) => direction.kind === "difference",
  misfit({ site, direction }, model) {
    const width = tokenWidth(model, site);
    if (width === undefined) return `${site} has keys: no direction can be added.`;
    if (direction.kind === "difference" || direction.values.length === width) return undefined;
    return `${direction.name} has ${direction.values.length} numbers, ${site} of ${model.name} has ${width}.`;
  },
};
