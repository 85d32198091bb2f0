/**
 * The smallest full scale of each unit. An axis that grows to fill its row whatever it holds draws 0.00002 nats as long as
 * 3 nats; so an axis reaches at least this far, and its ends say how far. Each is what begins to matter to a reader:
 *
 *   nats          0.1   a probability times or over 1.1
 *   logits        0.1   the same, of odds
 *   probability   0.05  one in twenty; shares, weights of attention and correlations likewise
 *   kurtosis      1     a third of what eight scores can reach
 *
 * Activations have no unit of their own: whoever draws them gives a least scale, or there is none.
 */
const LEAST: readonly (readonly [unit: RegExp, least: number])[] = [
  [/\bnats\b/, 0.1],
  [/\blogits?\b/, 0.1],
  [/probability|\bshare\b|attention|weight|0\/1/, 0.05],
  [/cosine|ρ/, 0.05],
  [/expected number|log₁₀/, 0.1],
  [/kurtosis/, 1],
];

/** Of "nats", "change, nats", "φ of log p, nats"; 0 where any size may matter. */
export function leastScale(unit: string): number {
  return LEAST.find(([pattern]) => pattern.test(unit))?.[1] ?? 0;
}
