/** Seeded draws by counters: the same seed and counters give the same draw everywhere. */
import { seededIndex } from "../../../random/seededIndex";

/** A seed of its own for each place in a computation. */
export function seedAt(seed: number, ...counters: readonly number[]): number {
  return counters.reduce(
    (mixed, counter) => seededIndex(mixed + Math.imul(counter + 1, 0x9e3779b1), 2 ** 32),
    seed,
  );
}

/** Fisher and Yates. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = seededIndex(seedAt(seed, i), i + 1);
    const [a, b] = [list[i], list[j]];
    if (a !== undefined && b !== undefined) [list[i], list[j]] = [b, a];
  }
  return list;
}

/** In [0, 1), a multiple of 2^-24. */
export const uniform = (seed: number): number => seededIndex(seed, 2 ** 24) / 2 ** 24;
