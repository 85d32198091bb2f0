/** Rows in which one token, or all tokens of one step, are the filler; and what each takes off the scalar. */
import type { TokenAttributionRequest } from "../../../protocol/gradients/attributions";
import { batchesOf, batchTokens } from "../../interp/batch/cellBatches";
import type { Model } from "../../models/model";
import { stepsIn } from "./tokenScores";

export class Replacements {
  /** Tokens of each row: those that replace one token, then those that replace a step. */
  readonly rows: readonly (readonly number[])[];
  readonly #positions: readonly number[];
  readonly #steps: readonly number[];
  readonly #values: number[] = [];

  /** `tokens`: of the prompt, as far as it is read. */
  constructor(
    private readonly tokens: readonly number[],
    filler: number,
    { fixed = [], stepOf = [] }: Pick<TokenAttributionRequest, "fixed" | "stepOf">,
  ) {
    const canChange = (position: number) => !fixed.includes(position);
    this.#positions = tokens.flatMap((_, position) => (canChange(position) ? [position] : []));
    const read = stepOf.slice(0, tokens.length);
    this.#steps = stepsIn(read);
    const without = (isOut: (position: number) => boolean) =>
      tokens.map((token, position) => (isOut(position) && canChange(position) ? filler : token));
    this.rows = [
      ...this.#positions.map((own) => without((position) => position === own)),
      ...this.#steps.map((step) => without((position) => read[position] === step)),
    ];
  }

  batches(model: Model): { readonly from: number; readonly end: number }[] {
    const { length } = this.tokens;
    let end = 0;
    return batchesOf(this.rows, () => length, batchTokens(model, length, false)).map((batch) => {
      const from = end;
      end += batch.length;
      return { from, end };
    });
  }

  /** The scalar's values of rows from `from` on. */
  take(from: number, values: readonly number[]): void {
    values.forEach((value, i) => (this.#values[from + i] = value));
  }

  /** What is lost, of `length` tokens and of steps; tokens and steps behind what is read lose nothing. */
  drops(value: number, length: number) {
    const drop = (row: number) => value - (this.#values[row] ?? NaN);
    const tokens = Array.from({ length }, (_, position) => (position < this.tokens.length ? NaN : 0));
    this.#positions.forEach((position, row) => (tokens[position] = drop(row)));
    const steps = new Map(this.#steps.map((step, i) => [step, drop(this.#positions.length + i)]));
    return { tokens, steps };
  }
}
