/**
 * Whether a tokenizer is the model's own, as far as the counts of tokens tell. One with far more tokens than the model has
 * rows would give ids that do not exist; one with far fewer may leave most of the model unspelled.
 */
import type { Tokenizer } from "../formats/tokenizer/tokenizer";

/** Tokenizers may name a few tokens for which the model has no row; models pad their rows more freely. */
const [MOST_SPARE, SPARE_SHARE, LEAST_SPARE] = [1024, 1 / 8, 8];
const FEW = 1 / 2;

export interface FittingTokenizer {
  /** Left out if it cannot be the model's. */
  readonly tokenizer?: Tokenizer;
  readonly notes: readonly string[];
}

const counted = (n: number) => n.toLocaleString("en");

/** `rows`: how many tokens the model has. */
export function fittingTokenizer(tokenizer: Tokenizer | undefined, rows: number): FittingTokenizer {
  if (!tokenizer) return { notes: [] };
  const spare = Math.min(MOST_SPARE, Math.max(LEAST_SPARE, Math.ceil(rows * SPARE_SHARE)));
  const sizes = `The tokenizer knows ${counted(tokenizer.vocabSize)} tokens and the model has ${counted(rows)}`;
  if (tokenizer.vocabSize > rows + spare) {
    const cure = "type token ids, or drop this model’s own tokenizer.json here";
    return { notes: [`${sizes}: it belongs to another model and is left aside; ${cure}.`] };
  }
  if (tokenizer.vocabSize < rows * FEW) {
    return { tokenizer, notes: [`${sizes}: it may belong to another model; check that they came together.`] };
  }
  return { tokenizer, notes: [] };
}
