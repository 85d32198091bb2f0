/** Resample ablation, in words. */
import type { EditKindWords } from "./chip";
import { placeText, replacing, setText } from "./words";

export const resample: EditKindWords<"resample"> = {
  ...replacing,
  what: (edit) => `resample ${placeText(edit.site, edit)} from ${setText(edit.from)} seed ${edit.seed}`,
  hasTokens: () => true,
};
