/** KL divergence of two coins from counts, in nats: p ln(p/q) + (1-p) ln((1-p)/(1-q)). */
export const SMOOTHINGS = ["laplace", "1e-9"] as const;
/** laplace: (successes + 1) / (n + 2); 1e-9: shares clipped to 1e-9 … 1 - 1e-9. */
export type Smoothing = (typeof SMOOTHINGS)[number];

export interface Share {
  readonly successes: number;
  readonly n: number;
}

function smoothed({ successes, n }: Share, smoothing: Smoothing): number {
  if (n === 0) return NaN;
  if (smoothing === "laplace") return (successes + 1) / (n + 2);
  return Math.min(1 - 1e-9, Math.max(1e-9, successes / n));
}

export function bernoulliKl(p: Share, q: Share, smoothing: Smoothing): number {
  const [a, b] = [smoothed(p, smoothing), smoothed(q, smoothing)];
  return a * Math.log(a / b) + (1 - a) * Math.log((1 - a) / (1 - b));
}
