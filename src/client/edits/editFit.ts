/** Whether an edit can act on the loaded model; if not, why, with the model's own numbers. */
import type { ModelInfo } from "../../protocol/api";
import type { Edit } from "../../protocol/interventions";
import { isBlockSite, dimName, siteNames, siteSize, tokenWidth } from "./siteSize";

export type FitModel = Pick<
  ModelInfo,
  | "name"
  | "sha256"
  | "vocabulary"
  | "sites"
  | "nLayers"
  | "nHeads"
  | "nKvHeads"
  | "dHead"
  | "dModel"
  | "dMlp"
  | "dVocab"
>;

/** Equal for models whose token ids mean the same. */
export const vocabularyOf = ({ vocabulary, sha256 }: Pick<ModelInfo, "vocabulary" | "sha256">): string =>
  vocabulary ?? sha256;

/** Whether an edit holds token ids, which mean something else to another tokenizer. */
export function hasTokens(edit: Edit): boolean {
  if (edit.kind === "add") return edit.direction.kind === "difference";
  return ["mean", "resample", "patch", "token"].includes(edit.kind);
}

/** The first index that is out of range, as a sentence. */
function outside(
  indices: readonly number[] | undefined,
  count: number,
  thing: string,
  owner: string,
): string | undefined {
  const bad = indices?.find((index) => index >= count);
  if (bad === undefined) return undefined;
  return `${owner} has ${count} ${thing}s, 0 to ${count - 1}: there is no ${thing} ${bad}.`;
}

/** The site of an edit, in the words of this model; knock-outs and freezes act on patterns. */
function siteProblem(edit: Edit, model: FitModel): string | undefined {
  if (!("site" in edit)) return undefined;
  const { site, heads, dims } = edit;
  if (!siteNames(model).includes(site)) return `${model.name} has no site ${site}.`;
  const { heads: nHeads, width } = siteSize(model, site);
  if (heads && nHeads === undefined) return `${site} has no heads.`;
  if (dims && width === undefined) return `${site} has keys, not dimensions.`;
  return outside(heads, nHeads ?? 0, "head", site) ?? outside(dims, width ?? 0, dimName(site), site);
}

function kindProblem(edit: Edit, model: FitModel): string | undefined {
  switch (edit.kind) {
    case "knockOut":
    case "mask":
    case "score":
      return outside(edit.heads, model.nHeads, "head", model.name);
    case "freeze": {
      const needs = edit.what === "patterns" ? ".attn.pattern" : ".scale";
      if (model.sites.some((site) => site.endsWith(needs))) return undefined;
      return `${model.name} shows no ${edit.what === "patterns" ? "attention patterns" : "norm scales"}.`;
    }
    case "mean":
      if (siteSize(model, edit.site).width !== undefined) return undefined;
      return `${edit.site} has keys, which differ from prompt to prompt: it has no mean.`;
    case "patch": {
      const isKeyed = siteSize(model, edit.site).width === undefined;
      if (!isKeyed || edit.align === "position") return undefined;
      return `${edit.site} has keys, which are positions: align it by position.`;
    }
    case "add": {
      const width = tokenWidth(model, edit.site);
      if (width === undefined) return `${edit.site} has keys: no direction can be added.`;
      const { direction } = edit;
      if (direction.kind === "difference" || direction.values.length === width) return undefined;
      return `${direction.name} has ${direction.values.length} numbers, ${edit.site} of ${model.name} has ${width}.`;
    }
    case "token":
      if (edit.token < model.dVocab) return undefined;
      return `${model.name} has ${model.dVocab} tokens: there is no token ${edit.token}.`;
    default:
      return undefined;
  }
}

/** Why `edit` cannot act on `model`, or undefined: it fits. `vocabulary` is the one that its tokens are of. */
export function misfit(
  edit: Edit,
  model: FitModel,
  vocabulary?: string,
  /** SHA-256 of the attached autoencoders. */
  attached: ReadonlySet<string> = new Set(),
): string | undefined {
  if (edit.kind === "latent" && !attached.has(edit.sae.sha256))
    return `the autoencoder ${edit.sae.name} (SHA-256 ${edit.sae.sha256.slice(0, 12)}…) is not attached: attach it in the Features panel.`;
  if (hasTokens(edit) && vocabulary !== undefined && vocabulary !== vocabularyOf(model))
    return `its tokens were made by another tokenizer: edit it to read its text with that of ${model.name}.`;
  const layers = "layers" in edit ? edit.layers : undefined;
  const isInBlocks = !("site" in edit) || isBlockSite(edit.site);
  return (
    siteProblem(edit, model) ??
    (isInBlocks ? outside(layers, model.nLayers, "layer", model.name) : undefined) ??
    kindProblem(edit, model)
  );
}
