/**
 * Freezing: attention patterns, or the scales that norms divide by, are those of the prompt without any edit. What
 * other edits do then reaches the output by values alone (patterns), or linearly (norms).
 */
import type { Edit } from "../../../protocol/interventions";
import { siteLayer, siteName, type Site, type SiteName } from "../../../protocol/sites";
import { sitesOf, type Model } from "../../models/model";
import { siteValues, type SiteValues } from "./donors";
import { layersOf, replacement, upTo, valuesAt, type Resolve } from "./resolve";

const isFrozen = (name: SiteName, what: "patterns" | "norms") =>
  what === "patterns" ? name === "attn.pattern" : name.endsWith(".scale");

export function frozenSites(edit: Edit<"freeze">, model: Model): Site[] {
  const layers = layersOf(edit, model);
  return sitesOf(model).filter((site) => {
    const layer = siteLayer(site);
    // The final norm belongs to no layer: it is frozen with all of them.
    const isChosen = layer === undefined ? edit.layers === undefined : layers.includes(layer);
    return isChosen && isFrozen(siteName(site), edit.what);
  });
}

export const freeze: Resolve<"freeze"> = async (edit, { model, baseline }) => {
  const sites = frozenSites(edit, model);
  return inPlace(sites, await siteValues(model, baseline, sites), baseline.length);
};

/** The sites have the values of a row as long as this one. */
export const inPlace = (sites: readonly Site[], found: ReadonlyMap<Site, SiteValues>, length: number) =>
  sites.map((site) => replacement({ kind: "affine", site }, 1, valuesAt(found, site), upTo(length)));
