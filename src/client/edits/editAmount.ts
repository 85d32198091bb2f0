/** How strong an edit is: the one number that its chip lets be changed. */
import type { Edit } from "../../protocol/interventions";
import { wordsOf } from "./chips/index";

/** Undefined for edits that are there or not. */
export const amountOf = (edit: Edit) => wordsOf(edit).amount?.(edit);

/** The same edit, this strong; a number outside its bounds becomes the nearest inside. */
export function withAmount(edit: Edit, value: number): Edit {
  const amount = amountOf(edit);
  if (!amount || !Number.isFinite(value)) return edit;
  const inside = Math.min(amount.max, Math.max(amount.min, value));
  return { ...edit, [amount.name]: inside };
}
