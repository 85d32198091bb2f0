/** The tokens whose logits a graph explains, with their probabilities, the most likely first. */
import type { AttributionGraphRequest } from "../../../protocol/gradients/graphs";

export interface LogitShare {
  readonly token: number;
  readonly probability: number;
}

/** The given ones, or the fewest that hold `mass` together, at most `mostTargets`. */
export function chosenTargets(
  logits: Float32Array,
  { targets, mass, mostTargets }: Pick<AttributionGraphRequest, "targets" | "mass" | "mostTargets">,
): LogitShare[] {
  const highest = logits.reduce((best, logit) => Math.max(best, logit), -Infinity);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  const share = (token: number): LogitShare => ({ token, probability: (powers[token] ?? NaN) / total });
  const byProbability = (tokens: readonly number[]) =>
    tokens.map(share).sort((a, b) => b.probability - a.probability || a.token - b.token);
  if (targets) return byProbability(targets);
  const chosen: LogitShare[] = [];
  let held = 0;
  for (const one of byProbability([...logits.keys()])) {
    if (chosen.length === mostTargets || (chosen.length > 0 && held >= mass)) break;
    chosen.push(one);
    held += one.probability;
  }
  return chosen;
}
