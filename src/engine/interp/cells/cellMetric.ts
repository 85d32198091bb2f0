/** What a cell of a sweep is measured by: which targets a run has to score, and the number they come to. */
import type { Metric } from "../../../protocol/analysis";
import { refuse } from "../../../protocol/errors";
import { isBelow } from "../../models/checks";
import type { Reading, ReadoutRequest } from "../activations/counterfactualPrompts";

/** What has to be read for the metric; targets that the model does not know are refused. */
export function metricRequest(metric: Metric, dVocab: number): ReadoutRequest {
  if (metric.kind === "kl") return { targets: [], kl: true };
  const targets = metric.kind === "logitDifference" ? [metric.target, metric.minus] : [metric.target];
  const bad = targets.find((target) => !isBelow(target, dVocab));
  if (bad !== undefined) refuse(`The metric names token ${bad}; this model knows tokens 0 to ${dVocab - 1}.`);
  return { targets, kl: false };
}

/** The metric of one reading. */
export function metricValue(metric: Metric, { logProbs, kl }: Reading): number {
  const [first = NaN, second = NaN] = logProbs;
  switch (metric.kind) {
    // The normaliser of the softmax is in both: their difference is that of the logits.
    case "logitDifference":
      return first - second;
    case "logProb":
      return first;
    case "probability":
      return Math.exp(first);
    case "kl":
      return kl;
  }
}
