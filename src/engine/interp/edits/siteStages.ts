/**
 * Which interventions meet at which site, and in which order. Changes of latents are stages of their own: what stands before
 * them in a row's stack acts before, what stands behind acts on what they made.
 */
import type { Intervention, LatentChange } from "../../../protocol/interventions";
import { blockSite, siteLayer, siteName, type Site } from "../../../protocol/sites";
import type { Model } from "../../models/model";
import type { Segment } from "../batch/rowContext";
import type { EmptyRows } from "./changes/emptyRows";
import { changeKind } from "./changes/index";

/** The site that an intervention changes. */
export const changedSite = (model: Pick<Model, "saes">, intervention: Intervention): Site =>
  changeKind(intervention).site(intervention, model);

/**
 * Whether frozen sites leave nothing that an intervention does: its own site is among them, or it changes the scores of a
 * layer, which only the pattern reads, and the pattern is.
 */
export function isUndone(
  model: Pick<Model, "saes">,
  intervention: Intervention,
  frozen: ReadonlySet<Site>,
): boolean {
  const site = changedSite(model, intervention);
  const layer = siteLayer(site);
  const isScores = layer !== undefined && siteName(site) === "attn.scores";
  return frozen.has(site) || (isScores && frozen.has(blockSite(layer, "attn.pattern")));
}

/** Sites that the interventions of these rows change. */
export function editedSites(model: Pick<Model, "saes">, segments: readonly Segment[]): Set<Site> {
  return new Set(
    segments.flatMap(({ interventions }) =>
      (interventions ?? []).flatMap((one) => {
        const site = changedSite(model, one);
        const layer = changeKind(one).emptiesRows ? siteLayer(site) : undefined;
        return layer === undefined ? [site] : [site, blockSite(layer, "attn.pattern")];
      }),
    ),
  );
}

/** What rows do at a site before, between and after changes of latents there. */
export interface SiteStages {
  /** [stage][segment]: one more than there are stages of latents. */
  readonly affine: readonly (readonly Changes[])[];
  /** [stage][segment]. */
  readonly latents: readonly (readonly (LatentChange | undefined)[])[];
}
/** What one row does to a site between changes of latents. */
export type Changes = readonly (Exclude<Intervention, LatentChange> | EmptyRows)[];

function emptyRows(
  model: Pick<Model, "saes">,
  interventions: readonly Intervention[],
  layer: number | undefined,
): EmptyRows | undefined {
  const inLayer = interventions.filter((one) => siteLayer(changedSite(model, one)) === layer);
  if (!inLayer.some((one) => changeKind(one).emptiesRows)) return undefined;
  return { kind: "emptyRows", hiding: inLayer.flatMap((one) => changeKind(one).sight?.(one) ?? []) };
}

export function stagesOf(model: Pick<Model, "saes">, segments: readonly Segment[], site: Site): SiteStages {
  const rows = segments.map(({ interventions = [], frozen }) => {
    const affine: Changes[number][][] = [[]];
    const latents: LatentChange[] = [];
    // A frozen pattern is not made of these scores: no row of it is empty.
    const isMade = siteName(site) === "attn.pattern" && !frozen?.has(site);
    const empty = isMade ? emptyRows(model, interventions, siteLayer(site)) : undefined;
    // Before other edits of the pattern: what they do acts on the row that the masks leave.
    if (empty) affine[0]?.push(empty);
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
