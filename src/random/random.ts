/** A small seeded generator (PCG32: O'Neill 2014), so that the same seed draws the same problem everywhere. */
const MULTIPLIER = 6364136223846793005n;
const INCREMENT = 1442695040888963407n;
const MASK = (1n << 64n) - 1n;

export class Random {
  #state: bigint;

  constructor(seed: number) {
    this.#state = (BigInt(Math.trunc(seed)) + INCREMENT) & MASK;
    this.#word();
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.#word() / 2 ** 32;
  }

  /** Uniform from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** `count` different items, in random order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const rest = [...items];
    return Array.from({ length: count }, () => {
      const index = this.integer(0, rest.length - 1);
      return rest.splice(index, 1)[0] ?? this.pick(items);
    });
  }

  /** The next 32 bits: an xor-shifted high part of the state, rotated by its top bits. */
  #word(): number {
    const old = this.#state;
    this.#state = (old * MULTIPLIER + INCREMENT) & MASK;
    const shifted = Number((((old >> 18n) ^ old) >> 27n) & 0xffffffffn);
    const turn = Number(old >> 59n);
    return ((shifted >>> turn) | (shifted << (-turn & 31))) >>> 0;
  }
}
