/**
 * How much of an activation's variance a reconstruction leaves, over a whole corpus and without keeping it:
 *
 *   FVU = Σ ‖x − x̂‖² / Σ ‖x − mean‖²,   Σ ‖x − mean‖² = Σ ‖x − o‖² − ‖Σ (x − o)‖² / n
 *
 * for any origin o; it is the mean of the first tokens, so that little is lost in the difference. Each ‖·‖² is summed in f32
 * on the device, rows and batches in f64.
 */
export class Unexplained {
  #errors = 0;
  #squares = 0;
  #n = 0;
  readonly #sums: Float64Array;

  constructor(readonly origin: Float32Array<ArrayBuffer>) {
    this.#sums = new Float64Array(origin.length);
  }

  /** Root mean squares of x − x̂ and of x − o for each of some rows, and Σ (x − o) over them. */
  add(errors: Float32Array, deviations: Float32Array, sums: Float32Array): void {
    const width = sums.length;
    this.#n += errors.length;
    for (const root of errors) this.#errors += width * root * root;
    for (const root of deviations) this.#squares += width * root * root;
    sums.forEach((sum, i) => (this.#sums[i] = (this.#sums[i] ?? 0) + sum));
  }

  get fvu(): number {
    const shift = this.#sums.reduce((total, sum) => total + sum * sum, 0);
    return this.#errors / (this.#squares - shift / this.#n);
  }
}
