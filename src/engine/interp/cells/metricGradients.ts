/** The gradient of a sweep's metric at any sites: in the prompt, in the donor, or along the path between them. */
import type { Metric } from "../../../protocol/analysis";
import type { AttributionPatchingRequest } from "../../../protocol/gradients/attributions";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { Scalar, ScalarTerm } from "../../../protocol/gradients/gradients";
import type { AffineChange } from "../../../protocol/interventions";
import type { Logits } from "../activations/counterfactualPrompts";
import { scalarValues } from "../gradients/scalarValues";
import { rowValues, siteValues } from "../interventions/donors";
import type { ResolvedPrompt } from "../interventions/index";
import { drawnPrompt } from "../interventions/resample";
import type { Model } from "../../models/model";

export type MetricAsk = Pick<AttributionPatchingRequest, "at" | "change" | "metric" | "position">;

/** What is wrong with the place of the gradient. */
export function checkPoint({ at, change, metric, position }: MetricAsk): void {
  if (at.kind === "prompt") {
    if (metric.kind === "kl") {
      refuse(
        "A divergence from the base is smallest at the base, so its gradient there is 0: take the gradient in the donor or along the path, or another metric.",
      );
    }
    return;
  }
  const donor = donorTokens(change);
  if (!donor)
    refuse(`With ${change.kind} there is no other prompt to take a gradient in: take it in the prompt.`);
  if (donor.length <= position) {
    refuse(
      `The metric is read at position ${position}; the prompt that values come from has ${donor.length} tokens.`,
    );
  }
  if (at.kind === "path" && !(Number.isInteger(at.steps) && at.steps >= 1))
    refuse(`The path takes ${at.steps} steps; take a whole number from 1 on.`);
}

function donorTokens(change: MetricAsk["change"]): readonly number[] | undefined {
  if (change.kind === "patch") return change.from.tokens;
  return change.kind === "resample" ? drawnPrompt(change.from, change.seed).tokens : undefined;
}

/** Where a gradient is taken, and what of: the gradient of the metric is the sum over all points. */
export interface MetricPoint {
  readonly row: ResolvedPrompt;
  /** Of row 0; weights are those of the point. */
  readonly terms: Scalar;
}

/**
 * `prompt` has its edits and ends with the position that is read; `logits` are the prompt's there, where the metric is a
 * divergence from them.
 */
export async function metricPoints(
  model: Model,
  asked: MetricAsk,
  prompt: ResolvedPrompt,
  logits: Logits | undefined,
  pauser: Pauser,
): Promise<MetricPoint[]> {
  const rows = await pointRows(model, asked, prompt);
  const terms = metricTerms(asked.metric, asked.position, logits);
  const isProbability = asked.metric.kind === "probability";
  // d p = p d log p, with the p of each row.
  const logProbs = isProbability ? await scalarValues(model, rows, terms, pauser) : [];
  return rows.map((row, i) => {
    const weight = (isProbability ? Math.exp(logProbs[i] ?? NaN) : 1) / rows.length;
    return { row, terms: terms.map((one) => ({ ...one, weight: weight * (one.weight ?? 1) })) };
  });
}

async function pointRows(
  model: Model,
  { at, change }: MetricAsk,
  prompt: ResolvedPrompt,
): Promise<ResolvedPrompt[]> {
  const { tokens, interventions } = prompt;
  if (at.kind === "prompt") return [prompt];
  const donor = (donorTokens(change) ?? []).slice(0, tokens.length);
  if (at.kind === "donor") return [{ tokens: donor, interventions: [] }];
  const here = (await rowValues(model, prompt, ["embed"])).get("embed");
  const there = (await siteValues(model, donor, ["embed"])).get("embed");
  const valuePositions = tokens.map((_, position) => position);
  return Array.from({ length: at.steps }, (_, k) => {
    const share = (k + 0.5) / at.steps;
    const values = Float32Array.from(here?.data ?? [], (x, i) => x + share * ((there?.data[i] ?? 0) - x));
    const change: AffineChange = { kind: "affine", site: "embed", keep: 0, values, valuePositions };
    return { tokens, interventions: [...interventions, change] };
  });
}

/** The metric as terms of a scalar of row 0; a probability as its logarithm. */
export function metricTerms(metric: Metric, position: number, logits: Logits | undefined): Scalar {
  const at = { row: 0, position };
  switch (metric.kind) {
    case "logitDifference":
      return [
        { ...at, kind: "logit", target: metric.target },
        { ...at, kind: "logit", target: metric.minus, weight: -1 },
      ] satisfies ScalarTerm[];
    case "logProb":
    case "probability":
      return [{ ...at, kind: "logProb", target: metric.target }];
    case "kl":
      if (!logits) throw new Error("a divergence needs the base's logits");
      return [{ ...at, kind: "kl", base: logits }];
  }
}
