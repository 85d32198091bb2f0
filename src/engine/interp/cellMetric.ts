/** What a cell of a sweep is measured by: which targets a run has to score, and the number they come to. */
import type { Metric } from "../../protocol/analysis";
import { VitrineError } from "../../protocol/errors";
import type { Reading, ReadingAsk } from "./promptVariants";

/** What has to be read for the metric; targets that the model does not know are refused. */
export function metricAsk(metric: Metric, dVocab: number): ReadingAsk {
  if (metric.kind === "kl") return { targets: [], wholeRow: true };
  const targets = metric.kind === "logitDifference" ? [metric.target, metric.minus] : [metric.target];
  const bad = targets.find((target) => !(Number.isInteger(target) && target >= 0 && target < dVocab));
  if (bad !== undefined) {
    throw new VitrineError(
      "Unsupported",
      `The metric names token ${bad}; this model knows tokens 0 to ${dVocab - 1}.`,
    );
  }
  return { targets, wholeRow: false };
}

/** The metric of one reading; `base` is that of the run without the sweep's change. */
export function metricValue(metric: Metric, reading: Reading, base: Reading): number {
  const [first = NaN, second = NaN] = reading.logProbs;
  switch (metric.kind) {
    // The normaliser of the softmax is in both: their difference is that of the logits.
    case "logitDifference":
      return first - second;
    case "logProb":
      return first;
    case "probability":
      return Math.exp(first);
    case "kl":
      return klDivergence(base.logits, reading.logits);
  }
}

/** KL(p ‖ q) in nats of the distributions that two rows of logits stand for, in f64. */
export function klDivergence(p: Float32Array, q: Float32Array): number {
  const logSumP = logSumExp(p);
  const logSumQ = logSumExp(q);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const logP = (p[i] ?? 0) - logSumP;
    const probability = Math.exp(logP);
    if (probability > 0) sum += probability * (logP - ((q[i] ?? 0) - logSumQ));
  }
  // Rounding may leave it a hair below zero.
  return Math.max(0, sum);
}

function logSumExp(logits: Float32Array): number {
  let max = -Infinity;
  for (const logit of logits) max = Math.max(max, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return max + Math.log(sum);
}
