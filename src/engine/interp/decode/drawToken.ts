/**
 * A token drawn on the host from the most probable ones, for methods whose rows begin and end at different times: their
 * noise is named by what is written, not by a row's place in a pass. Temperature and top-p cut as the kernel does
 * (kernels/sampleToken): temperature first, then from the most probable down every token before which less than top-p
 * of the weight lies. The draw inverts the cumulative weights at the number that is given.
 */
import type { TopTokens } from "../../../protocol/run";

/** `at` is uniform in [0, 1). Temperature 0 takes the most probable; `topP` 1 cuts nothing. */
export function drawToken(
  { ids, logProbs }: TopTokens,
  temperature: number,
  topP: number,
  at: number,
): number {
  if (temperature === 0) return ids[0] ?? 0;
  const largest = logProbs[0] ?? 0;
  const weights = Array.from(logProbs, (logProb) => Math.exp((logProb - largest) / temperature));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let [kept, count] = [0, 0];
  while (count < weights.length && kept < topP * all) kept += weights[count++] ?? 0;
  let left = at * kept;
  for (let i = 0; i < count; i++) {
    left -= weights[i] ?? 0;
    if (left < 0) return ids[i] ?? 0;
  }
  return ids[Math.max(0, count - 1)] ?? 0;
}
