/**
 * What edits added to the residual stream itself at one position: the stream behind an edited site less what reached
 * it. Everything a component wrote under edits is that component's own part and does not count here.
 */
import type { AffineChange, Intervention } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";
import type { Anatomy } from "../../models/anatomy";
import type { PassNumbers } from "./readPass";

export interface AddedByEdits {
  /** Some edit changes the site at this position. */
  touches(site: Site): boolean;
  /** At a site of the residual stream; undefined where no edit changes it. */
  get(site: Site): Float64Array | undefined;
}

function reaches({ positions, values, valuePositions }: AffineChange, position: number): boolean {
  const named =
    positions === undefined ||
    ("from" in positions ? position >= positions.from : positions.includes(position));
  return named && (values === undefined || (valuePositions?.includes(position) ?? true));
}

export function addedByEdits(
  interventions: readonly Intervention[],
  anatomy: Anatomy,
  { at, position }: Pick<PassNumbers, "at" | "position">,
): AddedByEdits {
  const touched = new Set(
    interventions.flatMap((change) =>
      change.kind === "affine" && reaches(change, position) ? [change.site] : [],
    ),
  );
  const added = new Map<Site, Float64Array>();
  /** Sites whose sum is the stream now. */
  let stream: Site[] = ["embed", ...(anatomy.positionsEnterStream ? ["pos_embed"] : [])];
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
  for (const [layer, { mlp }] of anatomy.layers.entries()) {
    reach(`blocks.${layer}.resid_pre`);
    stream.push(`blocks.${layer}.attn_out`);
    reach(`blocks.${layer}.resid_mid`);
    if (mlp) stream.push(`blocks.${layer}.mlp_out`);
    reach(`blocks.${layer}.resid_post`);
  }
  return { touches: (site) => touched.has(site), get: (site) => added.get(site) };
}
