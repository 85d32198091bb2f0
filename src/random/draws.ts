/** A generator that counts: the n-th number of a seed is a hash of both. */
import { hashSeed, murmurMix } from "./hash";
import { shuffled } from "./shuffled";

export class Draws {
  #count = 0;

  constructor(private readonly seed: number) {}

  /** Uniform in [0, 1). */
  next(): number {
    return murmurMix(hashSeed(this.seed) + this.#count++) / 2 ** 32;
  }

  /** The numbers below `count`, in random order. */
  order(count: number): number[] {
    const numbers = Array.from({ length: count }, (_, i) => i);
    return shuffled(numbers, (left) => Math.floor(this.next() * left));
  }
}
