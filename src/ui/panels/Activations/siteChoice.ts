/** The sites that can be chosen in this model, and which one is. */
import type { ModelInfo } from "../../../protocol/api";
import { siteDoc, siteLayer, siteName, type Site } from "../../../protocol/sites";

type Chosen = { readonly name: string; readonly layer: number };

/** The site of a name, in the chosen layer if it is a block's; another one where the model has none of that name. */
export function chosenSite(
  { sites, nLayers }: Pick<ModelInfo, "sites" | "nLayers">,
  { name, layer }: Chosen,
): Site {
  const inLayer = `blocks.${Math.min(layer, nLayers - 1)}.`;
  const named = (one: string) => sites.find((site) => site === one || site === inLayer + one);
  return named(name) ?? named("resid_post") ?? sites[0] ?? "embed";
}

/** Names with their meaning: those of every block, and those that exist once. */
export function siteGroups({ sites }: Pick<ModelInfo, "sites">) {
  const namesWhere = (isInBlock: boolean) => {
    const chosen = sites.filter((site) => (siteLayer(site) !== undefined) === isInBlock);
    const names = [...new Set(chosen.map(siteName))];
    return names.map((name) => ({ name, meaning: siteDoc(name).meaning }));
  };
  return [
    { title: "In every layer", names: namesWhere(true) },
    { title: "Once in the model", names: namesWhere(false) },
  ];
}

export const EXPORTS = ["site", "layer", "everything"] as const;
export type ExportScope = (typeof EXPORTS)[number];

/** Sites that a file holds: the shown one, all of its layer, or all there are. */
export function sitesIn(
  { sites }: Pick<ModelInfo, "sites">,
  site: Site,
  scope: ExportScope,
): readonly Site[] {
  if (scope === "everything") return sites;
  if (scope === "site") return [site];
  const layer = siteLayer(site);
  return sites.filter((one) => siteLayer(one) === layer);
}

/** Heads of a site with a head axis: queries' heads, but in k and v. */
export function headCount({ nHeads, nKvHeads }: Pick<ModelInfo, "nHeads" | "nKvHeads">, site: Site): number {
  return /\.attn\.(rot_k|k|v)$/.test(site) ? nKvHeads : nHeads;
}
