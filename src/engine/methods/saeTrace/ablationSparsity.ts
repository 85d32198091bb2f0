/**
 * How much of what follows a change touches (Gao et al. 2024, "Scaling and evaluating sparse autoencoders"):
 *
 *   δ = change of the logits, T later tokens × V entries of the vocabulary; from each token's row its median is taken off,
 *       since a constant on all logits has no effect
 *   (‖δ‖₁ / ‖δ‖₂)² / (V T)
 *
 * 1 / (V T) where a single logit changes, 2/π for normal noise, 1 where all change by as much. 0 for no change at all.
 */
export class AblationSparsity {
  #l1 = 0;
  #squares = 0;
  #count = 0;

  /** Changes of one token's logits. Answers with them, less their median. */
  add(delta: Float32Array): Float32Array {
    const centre = median(delta);
    const centred = delta.map((value) => value - centre);
    for (const change of centred) {
      this.#l1 += Math.abs(change);
      this.#squares += change * change;
    }
    this.#count += delta.length;
    return centred;
  }

  get value(): number {
    return this.#squares === 0 ? 0 : this.#l1 ** 2 / this.#squares / this.#count;
  }
}

/** Of an even number of values the mean of the two in the middle. */
function median(values: Float32Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
