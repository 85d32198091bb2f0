/** What the engine is asked: edges with their check, and the curve of kept graphs; and what each costs at most. */
import type { EdgeAttributionRequest } from "../../../protocol/gradients/attributions";
import type { NamedTokens } from "../../../protocol/interventions";
import { isComplaint, type Complaint } from "../../../client/metrics/complaint";
import { gradientInPrompt, gradientPoint } from "../../../client/metrics/gradientPoint";
import { metricOf } from "../../../client/metrics/metric";
import type { Cost } from "../../../client/tokens/attributionCost";
import type { GraphShape } from "./nodes";
import { KEPT_SIZES, MOST_DRAWN, type Settings } from "./settings";

export interface Given {
  readonly prompt: NamedTokens;
  readonly position: number;
  readonly donor: NamedTokens | undefined;
  readonly target: number | undefined;
  readonly minus: number | undefined;
}

/** Edges and their check, without graphs. */
export function edgesRequest(settings: Settings, given: Given): EdgeAttributionRequest | Complaint {
  const { prompt, position, donor, target, minus } = given;
  if (!donor) return { complaint: "Write another prompt: edges carry what it writes." };
  const [own, other] = [prompt.tokens.length, donor.tokens.length];
  if (own !== other)
    return {
      complaint: `The other prompt has ${other} tokens, this one ${own}: edges by position need equal lengths.`,
    };
  if (donor.tokens.every((id, i) => id === prompt.tokens[i]))
    return { complaint: "Both prompts are the same, so no edge carries a difference." };
  const metric = metricOf(settings.metric, target, minus);
  if (isComplaint(metric)) return metric;
  const { gradientAt, pathSteps, checkLargest: largest, checkRandom: random, seed } = settings;
  const at =
    gradientAt === "donor" || gradientAt === "path"
      ? gradientPoint(gradientAt, pathSteps)
      : gradientInPrompt(metric.kind);
  if (isComplaint(at)) return at;
  const check = largest + random > 0 ? { check: { largest, random, seed } } : {};
  return { prompt, donor, position, metric, at, most: MOST_DRAWN, ...check };
}

/** The same edges, then graphs of the strongest and as many random ones; nothing is checked again. */
export function curveRequest(
  { prompt, donor, position, metric, at }: EdgeAttributionRequest,
  { draws, seed }: Pick<Settings, "draws" | "seed">,
  edgeCount: number,
): EdgeAttributionRequest {
  const keep = KEPT_SIZES.filter((size) => size <= edgeCount);
  return {
    prompt,
    donor,
    position,
    metric,
    at,
    most: 0,
    keep,
    ...(draws > 0 && { randomGraphs: { draws, seed } }),
  };
}

/** Rows of tokens at most; a walk back counts as three. */
export function edgesCost(request: EdgeAttributionRequest, shape: GraphShape): Cost {
  const { at, check, keep = [], randomGraphs, position } = request;
  const { nLayers, nHeads, nKvHeads } = shape;
  const points = at.kind === "path" ? at.steps : 1;
  const estimates = 2 + 2 * (nHeads + 2) + 3 * points * (1 + nLayers);
  const checked = check ? check.largest + check.random : 0;
  const inputs = nLayers * (nHeads + 2 * nKvHeads + 1);
  const graph = (kept: number) => nLayers * (nHeads + 3) + 1 + Math.min(kept, inputs);
  const graphs = keep.reduce((sum, kept) => sum + graph(kept), 0) * (1 + (randomGraphs?.draws ?? 0));
  const rows = estimates + checked + graphs;
  return { rows, tokens: rows * (position + 1) };
}
