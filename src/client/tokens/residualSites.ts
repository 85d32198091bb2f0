/** Places of the residual stream as rows of a lens: their names, and which row shows which. */
import { siteLayer, siteName, type Site } from "../../protocol/sites";

/** "3 mid": between attention and MLP of layer 3. */
export function siteLabel(site: Site): string {
  return `${siteLayer(site) ?? ""} ${siteName(site).replace("resid_", "")}`;
}

/** Row `row` of the heatmap shows this site: the last one is on top. */
export const siteIndexOf = (row: number, sites: number) => sites - 1 - row;
