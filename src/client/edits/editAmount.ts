/** How strong an edit is: the one number that its chip lets be changed. */
import type { Edit } from "../../protocol/interventions";

/** Largest factor, coefficient and amount, either way: beyond it f32 sums are noise. */
export const LARGEST_AMOUNT = 1e6;

export interface Amount {
  readonly name: "strength" | "factor" | "coefficient" | "amount";
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

/** Undefined for edits that are there or not. */
export function amountOf(edit: Edit): Amount | undefined {
  if (edit.kind === "scale")
    return { name: "factor", value: edit.factor, min: -LARGEST_AMOUNT, max: LARGEST_AMOUNT };
  if (edit.kind === "add")
    return { name: "coefficient", value: edit.coefficient, min: -LARGEST_AMOUNT, max: LARGEST_AMOUNT };
  if (edit.kind === "latent" && edit.op !== "ablate" && edit.latents.length > 0)
    return { name: "amount", value: edit.amount, min: -LARGEST_AMOUNT, max: LARGEST_AMOUNT };
  return "strength" in edit ? { name: "strength", value: edit.strength, min: 0, max: 1 } : undefined;
}

/** The same edit, this strong; a number outside its bounds becomes the nearest inside. */
export function withAmount(edit: Edit, value: number): Edit {
  const amount = amountOf(edit);
  if (!amount || !Number.isFinite(value)) return edit;
  const inside = Math.min(amount.max, Math.max(amount.min, value));
  return { ...edit, [amount.name]: inside };
}
