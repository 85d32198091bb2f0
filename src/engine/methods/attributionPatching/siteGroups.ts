/** Sites whose gradients are read together. */
import type { Site } from "../../../protocol/sites";
import type { Model } from "../../models/model";
import { siteShape } from "../../models/siteShape";

/** Most that the gradients of one group of sites may take. */
const MAX_GROUP_BYTES = 1 << 28;

/** Sites in groups whose gradients fit together; of short prompts one group. */
export function siteGroups({ config }: Model, sites: readonly Site[], tokens: number): Site[][] {
  const groups: Site[][] = [];
  let room = 0;
  for (const site of sites) {
    const bytes = 4 * siteShape(config, site, tokens).reduce((product, n) => product * n, 1);
    if (bytes > room) {
      groups.push([]);
      room = Math.max(MAX_GROUP_BYTES, bytes);
    }
    groups.at(-1)?.push(site);
    room -= bytes;
  }
  return groups;
}
