/**
 * Freezing: attention patterns, or the scales that norms divide by, are those of the prompt without any edit. What
 * other edits do then reaches the output by values alone (patterns), or linearly (norms).
 */
import type { SiteName } from "../../../protocol/sites";
import { siteLayer, siteName } from "../../../protocol/sites";
import { sitesOf } from "../../models/model";
import { siteValues } from "../donors";
import { layersOf, replacement, upTo, valuesAt, type Resolve } from "./resolve";

const isFrozen = (name: SiteName, what: "patterns" | "norms") =>
  what === "patterns" ? name === "attn.pattern" : name.endsWith(".scale");

export const freeze: Resolve<"freeze"> = async (edit, { model, baseline }) => {
  const layers = layersOf(edit, model);
  const sites = sitesOf(model).filter((site) => {
    const layer = siteLayer(site);
    // The final norm belongs to no layer: it is frozen with all of them.
    const isChosen = layer === undefined ? edit.layers === undefined : layers.includes(layer);
    return isChosen && isFrozen(siteName(site), edit.what);
  });
  const found = await siteValues(model, baseline, sites);
  return sites.map((site) =>
    replacement({ kind: "affine", site }, 1, valuesAt(found, site), upTo(baseline.length)),
  );
};
