/** Values of coalitions as they come in, over the samples of each: the mean of those seen so far. */
export class CoalitionMeans {
  /** By coalition; NaN where none of its samples is in yet. */
  readonly values: Float64Array;
  readonly #seen: Uint32Array;
  #done = 0;

  constructor(
    count: number,
    private readonly samples: number,
  ) {
    this.values = new Float64Array(count).fill(NaN);
    this.#seen = new Uint32Array(count);
  }

  /** Coalitions of which every sample is in. */
  get done(): number {
    return this.#done;
  }

  add({ index, value }: { readonly index: number; readonly value: number }): void {
    const seen = this.#seen[index] ?? 0;
    const mean = seen === 0 ? 0 : (this.values[index] ?? 0);
    // The first is taken as it is: with one sample nothing is rounded.
    this.values[index] = seen === 0 ? value : mean + (value - mean) / (seen + 1);
    this.#seen[index] = seen + 1;
    if (seen + 1 === this.samples) this.#done++;
  }
}
