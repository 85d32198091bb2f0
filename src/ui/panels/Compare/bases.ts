/**
 * Which numbers of two models can be compared. Models that were trained apart have no common basis: element 5 of one has
 * nothing to do with element 5 of the other, so differences of elements, their norm and cosines of rows mean nothing.
 * What does not depend on the basis stays: what each expects next, norms of each side, and how alike the two arrange the
 * tokens (linear CKA).
 */
import { formatNumber } from "../../../client/format";
import { isByKey, type ActivationDifference } from "./activation";
import type { Aligned } from "./compared";

/** The two sides have other weights; one may still have been trained from the other, which nobody can tell from here. */
export const haveOtherWeights = ({ left, right }: Pick<Aligned, "left" | "right">) =>
  left.info.sha256 !== right.info.sha256;

/** What is said where a difference of two models is shown; nothing where both sides are one model. */
export function basisNote({
  aligned,
  site,
}: Pick<ActivationDifference, "aligned" | "site">): string | undefined {
  if (!haveOtherWeights(aligned)) return undefined;
  const { left, right } = aligned;
  const names = `${left.info.name} and ${right.info.name} have other weights.`;
  if (site === "logits")
    return `${names} Logits stand in the vocabulary's basis, so they compare where the vocabulary is the same, up to a shift of all.`;
  if (/\.scale$/.test(site))
    return `${names} What a norm divides by depends on no basis, but on the size of each model's weights.`;
  if (isByKey(site))
    return `${names} Attention between tokens depends on no basis, but a head of one is not the head of the same number of the other, unless one was trained from the other.`;
  return `${names} Unless one was trained from the other, their activations stand in other bases: the difference of an element, its norm and the cosine of a row compare unlike things. These keep their meaning: the norm of each side, CKA, and, above, KL, log p, entropy and next tokens.`;
}

/** Elements stand in each model's own basis, and the models have other weights: their difference may mean nothing. */
export const haveOwnBases = ({ aligned, site }: Pick<ActivationDifference, "aligned" | "site">) =>
  haveOtherWeights(aligned) && !isByKey(site) && site !== "logits" && !/\.scale$/.test(site);

/** For captions, which go into every export. */
export function basisWords(difference: ActivationDifference): string[] {
  const { aligned, cka } = difference;
  if (!haveOtherWeights(aligned)) return [];
  return [
    haveOwnBases(difference)
      ? "other weights: bases differ unless one model was trained from the other"
      : "other weights",
    ...(cka ? [`linear CKA ${formatNumber(cka.value)}, n = ${cka.n} tokens`] : []),
  ];
}
