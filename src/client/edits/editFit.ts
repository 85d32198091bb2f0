/** Whether an edit can act on the loaded model; if not, why, with the model's own numbers. */
import type { ModelInfo } from "../../protocol/api";
import type { Edit } from "../../protocol/interventions";
import { wordsOf } from "./chips/index";
import type { FitModel } from "./chips/chip";
import { isBlockSite, dimName, siteNames, siteSize } from "./siteSize";

/** Equal for models whose token ids mean the same. */
export const vocabularyOf = ({ vocabulary, sha256 }: Pick<ModelInfo, "vocabulary" | "sha256">): string =>
  vocabulary ?? sha256;

/** Whether an edit holds token ids, which mean something else to another tokenizer. */
export const hasTokens = (edit: Edit): boolean => wordsOf(edit).hasTokens?.(edit) ?? false;

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

/** The site of an edit and what it names of it, in the words of this model. */
function siteProblem({ site, heads, dims }: Extract<Edit, { site: unknown }>, model: FitModel) {
  if (!siteNames(model).includes(site)) return `${model.name} has no site ${site}.`;
  const { heads: nHeads, width } = siteSize(model, site);
  if (heads && nHeads === undefined) return `${site} has no heads.`;
  if (dims && width === undefined) return `${site} has keys, not dimensions.`;
  return outside(heads, nHeads ?? 0, "head", site) ?? outside(dims, width ?? 0, dimName(site), site);
}

/** Why `edit` cannot act on `model`, or undefined: it fits. `vocabulary` is the one that its tokens are of. */
export function misfit(
  edit: Edit,
  model: FitModel,
  vocabulary?: string,
  /** SHA-256 of the attached autoencoders. */
  attached: ReadonlySet<string> = new Set(),
): string | undefined {
  if (hasTokens(edit) && vocabulary !== undefined && vocabulary !== vocabularyOf(model))
    return `its tokens were made by another tokenizer: edit it to read its text with that of ${model.name}.`;
  const layers = "layers" in edit ? edit.layers : undefined;
  // An edit without a site acts on attention, or on all of a layer.
  const heads = "heads" in edit && !("site" in edit) ? edit.heads : undefined;
  const isInBlocks = !("site" in edit) || isBlockSite(edit.site);
  return (
    ("site" in edit ? siteProblem(edit, model) : undefined) ??
    (isInBlocks ? outside(layers, model.nLayers, "layer", model.name) : undefined) ??
    outside(heads, model.nHeads, "head", model.name) ??
    wordsOf(edit).misfit?.(edit, model, attached)
  );
}
