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

/** One of the tokens, by their log-probabilities at a temperature; temperature 0 takes the first. */
export function sampleTop(
  ids: ArrayLike<number>,
  logProbs: ArrayLike<number>,
  temperature: number,
  seed: number,
): number {
  if (temperature === 0) return ids[0] ?? 0;
  const largest = logProbs[0] ?? 0;
  const weights = Array.from(logProbs, (logProb) => Math.exp((logProb - largest) / temperature));
  let left = (seededIndex(seed, 2 ** 24) / 2 ** 24) * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return ids[i] ?? 0;
  }
  return ids[0] ?? 0;
}
