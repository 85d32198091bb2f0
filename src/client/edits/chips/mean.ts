/** Mean ablation, in words. */
import { siteSize } from "../siteSize";
import type { EditKindWords } from "./chip";
import { placeText, replacing, setText } from "./words";

export const mean: EditKindWords<"mean"> = {
  ...replacing,
  what: (edit) =>
    `mean ${placeText(edit.site, edit)} over ${setText(edit.over)}${edit.by === "position" ? " by position" : ""}`,
  hasTokens: () => true,
  misfit({ site }, model) {
    if (siteSize(model, site).width !== undefined) return undefined;
    return `${site} has keys, which differ from prompt to prompt: it has no mean.`;
  },
};
