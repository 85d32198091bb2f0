/**
 * A token drawn on the host from the most probable ones. The random number `at` is named by the seed, the start, the
 * rollout and the place in it, so that a rollout is the same whichever others are written beside it, on any device.
 */
import type { TopTokens } from "../../../protocol/run";

/** Temperature first, then the fewest tokens that together have `topP` of what is left; 0 = the most probable. */
export function drawToken(
  { ids, logProbs }: TopTokens,
  temperature: number,
  topP: number,
  at: number,
): number {
  if (temperature === 0) return ids[0] ?? 0;
  const weights = Array.from(logProbs, (logProb) => Math.exp((logProb - (logProbs[0] ?? 0)) / temperature));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let [kept, count] = [0, 0];
  while (count < weights.length && kept < topP * all) kept += weights[count++] ?? 0;
  let left = at * kept;
  for (let i = 0; i < count; i++) {
    left -= weights[i] ?? 0;
    if (left < 0) return ids[i] ?? 0;
  }
  return ids[count - 1] ?? 0;
}
