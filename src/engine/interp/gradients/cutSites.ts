/** Sites that a walk back ends at, and what a skip transcoder lets past them. */
import type { Cut } from "../../../protocol/gradients/gradients";
import { refuse } from "../../../protocol/errors";
import { siteName, type Site } from "../../../protocol/sites";
import { dictionaryOf, siteNamed, type Model } from "../../models/model";
import type { Matrix } from "../../ops/weights";
import { partOf } from "./partOf";

/** A linear way around a cut, from the site that it begins at. */
export interface SkipPath {
  readonly from: Site;
  /** [width of the cut site, width of `from`]. */
  readonly weights: Matrix;
}

export type CutSites = ReadonlyMap<Site, SkipPath | undefined>;

/** Columns of a fused tensor, or one number a pair of positions. */
const NOT_WHOLE = new Set(["attn.q", "attn.k", "attn.v", "attn.scores", "attn.pattern"]);

export function cutSites(model: Model, cuts: readonly Cut[]): CutSites {
  return new Map(
    cuts.map(({ site: name, skip }) => {
      const site = siteNamed(model, name);
      if (NOT_WHOLE.has(siteName(site))) refuse(`A walk back cannot end at ${site}: cut attn.z or attn_out.`);
      return [site, skip === undefined ? undefined : skipPath(model, site, skip)] as const;
    }),
  );
}

function skipPath(model: Model, site: Site, id: number): SkipPath {
  const { siteIn, siteOut, weights } = dictionaryOf(model, id);
  const { skip } = weights;
  if (!skip || siteOut !== site) return refuse(`Dictionary ${id} has no skip path that writes ${site}.`);
  if (partOf(model.config, siteIn) !== partOf(model.config, siteOut))
    refuse(`The skip path of dictionary ${id} goes from ${siteIn} to ${siteOut}, another block.`);
  return { from: siteIn, weights: skip };
}
