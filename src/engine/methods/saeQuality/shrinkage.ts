/** Sums over tokens of what the refit of active values changes. */
import type { Shrinkage } from "../../../protocol/sae/saeEvaluation";
import { refit } from "./refit";

export interface ShrinkageSample {
  /** The output site's row, and the part of the reconstruction that no latent makes: [dOut]. */
  readonly output: Float32Array;
  readonly empty: Float32Array;
  /** Active values, and what a unit of each adds to the reconstruction: [dOut]. */
  readonly values: readonly number[];
  readonly directions: readonly Float64Array[];
}

export class ShrinkageSums {
  #ratios = 0;
  #refitted = 0;
  #values = 0;
  #raised = 0;
  #removed = 0;
  #active = 0;
  #before = 0;
  #after = 0;
  #unfinished = 0;
  #n = 0;
  #squares = 0;
  readonly #sums: Float64Array;

  constructor(dOut: number) {
    this.#sums = new Float64Array(dOut);
  }

  add({ output, empty, values, directions }: ShrinkageSample): void {
    const target = Float64Array.from(output, (value, i) => value - (empty[i] ?? 0));
    const { values: best, before, after, converged } = refit(target, directions, values);
    for (const [i, value] of values.entries()) {
      const now = best[i] ?? 0;
      this.#ratios += now / value;
      this.#refitted += now;
      this.#values += value;
      this.#raised += now > value ? 1 : 0;
      this.#removed += now === 0 ? 1 : 0;
    }
    this.#active += values.length;
    this.#before += before;
    this.#after += after;
    this.#unfinished += converged ? 0 : 1;
    this.#n++;
    for (const [i, value] of output.entries()) {
      this.#squares += value * value;
      this.#sums[i] = (this.#sums[i] ?? 0) + value;
    }
  }

  get result(): Shrinkage {
    const variance = this.#squares - this.#sums.reduce((sum, value) => sum + value * value, 0) / this.#n;
    return {
      meanRatio: this.#ratios / this.#active,
      ratioOfSums: this.#refitted / this.#values,
      raised: this.#raised / this.#active,
      removed: this.#removed / this.#active,
      fvuBefore: this.#before / variance,
      fvuAfter: this.#after / variance,
      n: this.#n,
      active: this.#active,
      unfinished: this.#unfinished,
    };
  }
}
