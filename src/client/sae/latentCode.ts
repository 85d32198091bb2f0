/** Codes of an autoencoder, position by position, and what latents are called in little space. */
import { NO_LATENT, type DecodeResult } from "../../protocol/sae/features";

export type Code = Pick<DecodeResult, "ids" | "values" | "listed">;

/** Values of the latents that are active at a position. */
export function codeAt({ ids, values, listed }: Code, position: number): Map<number, number> {
  const code = new Map<number, number>();
  for (let i = position * listed; i < (position + 1) * listed; i++) {
    const id = ids[i] ?? NO_LATENT;
    if (id !== NO_LATENT) code.set(id, values[i] ?? 0);
  }
  return code;
}

/**
 * F1 of a label by rule, from the numbers that it carries: "(best F1 0.91)", or of "(precision 0.95, recall 0.16)" their
 * harmonic mean. Undefined: nobody measured how well the words fit.
 */
export function labelF1(label: string): number | undefined {
  const number = (name: string) =>
    Number(new RegExp(`\\([^()]*\\b${name} ([01]\\.\\d+)[^()]*\\)$`).exec(label)?.[1]);
  const f1 = number("F1");
  if (!Number.isNaN(f1)) return f1;
  const [precision, recall] = [number("precision"), number("recall")];
  const sum = precision + recall;
  return Number.isNaN(sum) ? undefined : sum > 0 ? (2 * precision * recall) / sum : 0;
}

/** "460 (F1 0.28) section = answer": how well a label fits stands before it, where no clipping takes it away. */
export function latentName(
  latent: number,
  label: { readonly text: string; readonly f1?: number } | undefined,
): string {
  const f1 = label?.f1 === undefined ? "" : ` (F1 ${label.f1.toFixed(2)})`;
  return `${latent}${f1} ${shortLabel(label?.text)}`.trim();
}

/** A label without its numbers: "section = answer" of "only where section = answer (precision 0.95, …)". */
export const shortLabel = (label: string | undefined) =>
  label?.replace(/^only where /, "").replace(/ \((precision|best F1) [^)]*\)$/, "") ?? "";
