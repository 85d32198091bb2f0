/** Codes of an autoencoder, position by position, and what latents are called in little space. */
import { NO_LATENT, type DecodeResult } from "../../protocol/features";

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

/** A label without its numbers: "section = answer" of "only where section = answer (precision 0.95, …)". */
export const shortLabel = (label: string | undefined) =>
  label?.replace(/^only where /, "").replace(/ \((precision|best F1) [^)]*\)$/, "") ?? "";
