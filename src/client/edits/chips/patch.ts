/** Activation patching, in words. */
import { siteSize } from "../siteSize";
import type { EditKindWords } from "./chip";
import { placeText, quoted, replacing } from "./words";

export const patch: EditKindWords<"patch"> = {
  ...replacing,
  what: (edit) =>
    `patch ${placeText(edit.site, edit)} from ${quoted(edit.from.text)}${edit.align === "token" ? " by token" : ""}`,
  hasTokens: () => true,
  misfit({ site, align }, model) {
    const isKeyed = siteSize(model, site).width === undefined;
    if (!isKeyed || align === "position") return undefined;
    return `${site} has keys, which are positions: align it by position.`;
  },
};
