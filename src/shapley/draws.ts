/** Seeded draws by counting: the n-th number of a seed is a hash of both (MurmurHash3's finalizer). */
export class Draws {
  #count = 0;

  constructor(private readonly seed: number) {}

  /** Uniform in [0, 1). */
  next(): number {
    return mixed(mixed((this.seed + 0x9e3779b9) | 0) + this.#count++) / 2 ** 32;
  }

  /** The numbers below `count`, in random order. */
  order(count: number): number[] {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(this.next() * (i + 1));
      [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
    }
    return order;
  }
}

function mixed(x: number): number {
  let bits = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
