/** From the settings to what the engine is asked: one request, or two that fill the columns of one figure. */
import type { SweepAxes, SweepChange, SweepRequest } from "../../../protocol/analysis";
import type { AttributionPatchingRequest, GradientPoint } from "../../../protocol/gradients/attributions";
import type { ModelInfo } from "../../../protocol/api";
import type { EditedPrompt, NamedTokens, PromptSet } from "../../../protocol/interventions";
import { canonicalSite } from "../../../protocol/sites";
import { parseIndices } from "../../../client/edits/indexList";
import { isComplaint, type Complaint } from "../../../client/metrics/complaint";
import { gradientInPrompt, gradientPoint } from "../../../client/metrics/gradientPoint";
import { metricOf } from "../../../client/metrics/metric";
import { HEAD_SITES, POSITION_SITES, type Settings } from "./settings";

/** What the settings refer to, once the engine has said it. */
export interface Given {
  readonly model: Pick<ModelInfo, "nLayers" | "dMlp">;
  readonly prompt: EditedPrompt;
  readonly position: number;
  readonly other?: NamedTokens | undefined;
  readonly set?: PromptSet | undefined;
  readonly target?: number | undefined;
  readonly minus?: number | undefined;
}

const oneOf = <T extends string>(list: readonly T[], value: string): T => {
  const [first] = list;
  return list.find((item) => item === value) ?? (first as T);
};

/** With the cells to first order: requests of attribution patching. */
export function requestsOf(
  settings: Settings,
  given: Given,
): SweepRequest[] | AttributionPatchingRequest[] | Complaint {
  const axes = axesOf(settings, given);
  if (isComplaint(axes)) return axes;
  const change = changeOf(settings, given);
  if (isComplaint(change)) return change;
  const metric = metricOf(settings.metric, given.target, given.minus);
  if (isComplaint(metric)) return metric;
  const { prompt, position } = given;
  const requests = axes.map((one) => ({ prompt, position, axes: one, change, metric }));
  return settings.order === "first" ? toFirstOrder(settings, requests) : requests;
}

function toFirstOrder(
  settings: Settings,
  requests: readonly SweepRequest[],
): AttributionPatchingRequest[] | Complaint {
  const at = gradientPointOf(settings);
  if (isComplaint(at)) return at;
  const { checkLargest: largest, checkRandom: random, seed } = settings;
  if (![largest, random].every((count) => Number.isInteger(count) && count >= 0))
    return { complaint: "Check a whole number of cells, or 0 for none." };
  const check = largest + random > 0 ? { check: { largest, random, seed } } : {};
  return requests.map((request) => ({ ...request, at, ...check }));
}

function gradientPointOf({ gradientAt, pathSteps, change, metric }: Settings): GradientPoint | Complaint {
  if (gradientAt !== "donor" && gradientAt !== "path") return gradientInPrompt(metric);
  if (change === "zero" || change === "mean")
    return { complaint: "This change takes its values from no other prompt: take the gradient in this one." };
  return gradientPoint(gradientAt, pathSteps);
}

const isAll = (text: string) => text.trim() === "all" || text.trim() === "";

/** The indices that a field names: "all", or a list such as 3, 5-9. */
function listOf(text: string, thing: string, count: number): readonly number[] | Complaint {
  if (isAll(text)) return Array.from({ length: count }, (_, i) => i);
  const listed = parseIndices(text, thing, count);
  return "wrong" in listed ? { complaint: listed.wrong } : listed.indices;
}

function axesOf(settings: Settings, { model, prompt, position }: Given): SweepAxes[] | Complaint {
  // Positions after the one that is read cannot matter.
  const all = isAll(settings.positions);
  const listed = listOf(settings.positions, "position", all ? position + 1 : prompt.tokens.length);
  if (isComplaint(listed)) return listed;
  const touched = all ? {} : { positions: listed };
  switch (settings.axes) {
    case "head":
      return [{ kind: "layerHead", site: oneOf(HEAD_SITES, settings.headSite), ...touched }];
    case "part":
      return [
        { kind: "layerHead", site: "attn.z", ...touched },
        { kind: "layerSublayer", ...touched },
      ];
    case "neuron": {
      const neurons = listOf(settings.neurons, "neuron", model.dMlp);
      if (isComplaint(neurons)) return neurons;
      return [{ kind: "neurons", layer: settings.layer, neurons, ...touched }];
    }
    case "site": {
      const sites = sitesIn(settings.sites, model.nLayers);
      return isComplaint(sites) ? sites : [{ kind: "sites", sites, ...touched }];
    }
    default:
      return [
        { kind: "layerPosition", site: oneOf(POSITION_SITES, settings.positionSite), positions: listed },
      ];
  }
}

function sitesIn(text: string, nLayers: number): string[] | Complaint {
  const names = text.split(/[\s,]+/).filter(Boolean);
  if (names.length === 0) return { complaint: "Name sites, such as blocks.0.mlp_out." };
  const sites = names.map((name) => canonicalSite(name, nLayers));
  const bad = names.find((_, i) => sites[i] === undefined);
  return bad === undefined
    ? sites.filter((site) => site !== undefined)
    : { complaint: `There is no site ${bad}; write, for example, blocks.0.mlp_out.` };
}

function changeOf(settings: Settings, { prompt, position, other, set }: Given): SweepChange | Complaint {
  const { length } = prompt.tokens;
  switch (settings.change) {
    case "zero":
      return { kind: "zero" };
    case "mean":
      return set ? { kind: "mean", over: set } : { complaint: "Write prompts to take the mean over." };
    case "resample": {
      const prompts = set?.prompts.filter(({ tokens }) => tokens.length > position) ?? [];
      if (!set || prompts.length === 0)
        return { complaint: `Write prompts of at least ${position + 1} tokens to draw from.` };
      return { kind: "resample", from: { ...set, prompts }, seed: settings.seed };
    }
    default:
      if (!other) return { complaint: "Write another prompt to patch from." };
      if (other.tokens.length !== length)
        return {
          complaint: `The other prompt has ${other.tokens.length} tokens, this one ${length}: patching by position needs equal lengths.`,
        };
      return { kind: "patch", from: other };
  }
}
