/**
 * What edits added to the residual stream itself at one position: the stream behind an edited site less what reached
 * it. Everything a component wrote under edits is that component's own part and does not count here.
 */
import type { Intervention } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";
import { within } from "../../interp/batch/positions";
import { changedSite } from "../../interp/edits/siteStages";
import type { WeightMap } from "../../models/weightMap";
import type { Model } from "../../models/model";
import type { PassNumbers } from "./readPass";

export interface AddedByEdits {
  /** Some edit changes the site at this position. */
  touches(site: Site): boolean;
  /** At a site of the residual stream; undefined where no edit changes it. */
  get(site: Site): Float64Array | undefined;
}

function reaches(change: Intervention, position: number): boolean {
  // Others change what a query attends to, and no stream.
  if (change.kind !== "affine" && change.kind !== "latents") return false;
  if (!within(change.positions)(position)) return false;
  return change.kind === "latents" || !change.values || (change.valuePositions?.includes(position) ?? true);
}

export function addedByEdits(
  model: Pick<Model, "saes">,
  interventions: readonly Intervention[],
  weightMap: WeightMap,
  { at, position }: Pick<PassNumbers, "at" | "position">,
): AddedByEdits {
  const touched = new Set(
    interventions.filter((change) => reaches(change, position)).map((change) => changedSite(model, change)),
  );
  const added = new Map<Site, Float64Array>();
  /** Sites whose sum is the stream now. */
  let stream: Site[] = ["embed", ...(weightMap.positionsEnterStream ? ["pos_embed"] : [])];
  const reach = (site: Site) => {
    const here = at(site);
    if (here === undefined) return;
    if (touched.has(site)) {
      const before = stream.map((name) => at(name));
      const values = Float64Array.from(here, (value, i) =>
        before.reduce((left, part) => left - (part?.[i] ?? 0), value),
      );
      added.set(site, values);
    }
    stream = [site];
  };
  for (const [layer, { mlp }] of weightMap.layers.entries()) {
    reach(`blocks.${layer}.resid_pre`);
    stream.push(`blocks.${layer}.attn_out`);
    reach(`blocks.${layer}.resid_mid`);
    if (mlp) stream.push(`blocks.${layer}.mlp_out`);
    reach(`blocks.${layer}.resid_post`);
  }
  return { touches: (site) => touched.has(site), get: (site) => added.get(site) };
}
