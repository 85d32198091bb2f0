/** A token drawn by a seed from the most probable ones. */
import { seededIndex } from "../../../random/seededIndex";

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
