/**
 * Which interventions meet at which site, and in which order. Changes of latents are stages of their own: what stands before
 * them in a row's stack acts before, what stands behind acts on what they made.
 */
import type { AffineChange, Intervention, KnockOut, LatentChange } from "../../protocol/interventions";
import { blockSite, type Site } from "../../protocol/sites";
import { saeOf, type Model } from "../models/model";
import type { Segment } from "./rowContext";

/** The site that an intervention changes. */
export function changedSite(model: Pick<Model, "saes">, intervention: Intervention): Site {
  switch (intervention.kind) {
    case "knockOut":
      return blockSite(intervention.layer, "attn.scores");
    case "latents":
      return saeOf(model, intervention.sae).siteOut;
    case "affine":
      return intervention.site;
  }
}

/** Sites that the interventions of these rows change. */
export function editedSites(model: Pick<Model, "saes">, segments: readonly Segment[]): Set<Site> {
  return new Set(
    segments.flatMap(({ interventions }) => (interventions ?? []).map((one) => changedSite(model, one))),
  );
}

/** What rows do at a site before, between and after changes of latents there. */
export interface SiteStages {
  /** [stage][segment]: one more than there are stages of latents. */
  readonly affine: readonly (readonly Changes[])[];
  /** [stage][segment]. */
  readonly latents: readonly (readonly (LatentChange | undefined)[])[];
}
export type Changes = readonly (AffineChange | KnockOut)[];

export function stagesOf(model: Pick<Model, "saes">, segments: readonly Segment[], site: Site): SiteStages {
  const rows = segments.map(({ interventions = [] }) => {
    const affine: (AffineChange | KnockOut)[][] = [[]];
    const latents: LatentChange[] = [];
    for (const intervention of interventions) {
      if (changedSite(model, intervention) !== site) continue;
      if (intervention.kind !== "latents") affine.at(-1)?.push(intervention);
      else {
        latents.push(intervention);
        affine.push([]);
      }
    }
    return { affine, latents };
  });
  const count = Math.max(0, ...rows.map(({ latents }) => latents.length));
  return {
    affine: Array.from({ length: count + 1 }, (_, s) => rows.map(({ affine }) => affine[s] ?? [])),
    latents: Array.from({ length: count }, (_, s) => rows.map(({ latents }) => latents[s])),
  };
}
