/** The metrics of patching: what can be chosen, what they are called, what is asked for. */
import type { Metric } from "../../protocol/analysis";
import type { Complaint } from "./complaint";

export const METRICS = [
  ["logitDifference", "logit difference"],
  ["logProb", "log p"],
  ["probability", "probability"],
  ["kl", "KL from the run without the change"],
] as const;
export type MetricKind = (typeof METRICS)[number][0];

/** "logit(5) − logit(6)", "log p(5)". */
export function metricText({ kind }: Pick<Metric, "kind">, target: string, minus: string): string {
  switch (kind) {
    case "logitDifference":
      return `logit(${target}) − logit(${minus})`;
    case "logProb":
      return `log p(${target})`;
    case "probability":
      return `p(${target})`;
    case "kl":
      return "KL(unchanged ‖ changed)";
  }
}

/** Of the metric itself. */
export function metricUnit(kind: Metric["kind"]): string {
  if (kind === "probability") return "probability";
  return kind === "logitDifference" ? "logits" : "nats";
}

/** By the tokens that it names; or which of them is missing. */
export function metricOf(
  kind: string,
  target: number | undefined,
  minus: number | undefined,
): Metric | Complaint {
  if (kind === "kl") return { kind: "kl" };
  if (target === undefined) return { complaint: "Name a target token." };
  if (kind === "logProb") return { kind: "logProb", target };
  if (kind === "probability") return { kind: "probability", target };
  if (minus === undefined) return { complaint: "Name a second token to subtract." };
  if (minus === target)
    return { complaint: "Both runs expect the same token most: name another second token, or take log p." };
  return { kind: "logitDifference", target, minus };
}
