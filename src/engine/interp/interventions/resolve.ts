/** What every kind of edit is given to become interventions, and what they share. */
import type { Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import type { AffineChange, Edit, EditKind, Intervention } from "../../../protocol/interventions";
import { BLOCK_SITES, blockSite, type BlockSiteName, type Site } from "../../../protocol/sites";
import { siteNamed, type Model } from "../../models/model";
import type { SiteValues } from "./donors";

export interface EditContext {
  readonly model: Model;
  /** The prompt before any token was replaced: what baselines are taken from. */
  readonly baseline: readonly number[];
  /** The prompt that the edits act on. */
  readonly tokens: readonly number[];
  readonly pauser: Pauser;
}

export type Resolve<K extends EditKind> = (
  edit: Edit<K>,
  context: EditContext,
) => Intervention[] | Promise<Intervention[]>;

type SiteEdit = Extract<Edit, { site: unknown }>;

/** The layers that an edit names, or all; refused where the model has no such layer. */
export function layersOf({ layers }: { readonly layers?: readonly number[] }, { config }: Model): number[] {
  const all = Array.from({ length: config.nLayers }, (_, layer) => layer);
  const bad = layers?.find((layer) => !all.includes(layer));
  if (bad !== undefined) {
    throw new VitrineError(
      "Unsupported",
      `This model has layers 0 to ${config.nLayers - 1}; the edit names layer ${bad}.`,
    );
  }
  return layers ? [...layers] : all;
}

/** Every site that an edit touches: the named one, in each of its layers. */
export function sitesOfEdit(edit: SiteEdit, model: Model): Site[] {
  if (!Object.hasOwn(BLOCK_SITES, edit.site)) return [siteNamed(model, edit.site)];
  return layersOf(edit, model).map((layer) => siteNamed(model, blockSite(layer, edit.site as BlockSiteName)));
}

/** The part of an intervention that an edit says of itself. */
export function whereOf({ heads, dims, positions }: SiteEdit, site: Site) {
  return {
    kind: "affine" as const,
    site,
    ...(heads && { heads }),
    ...(dims && { dims }),
    ...(positions && { positions }),
  };
}

/** x becomes (1 - strength) x + strength · value; at full strength nothing of x is left, not even rounding. */
export function replacement(
  where: Omit<AffineChange, "keep" | "values" | "valuePositions">,
  strength: number,
  { data }: Pick<SiteValues, "data">,
  valuePositions?: readonly number[],
): AffineChange {
  return {
    ...where,
    keep: 1 - strength,
    values: strength === 1 ? data : data.map((value) => strength * value),
    ...(valuePositions && { valuePositions }),
  };
}

/** The values of the named sites, which are there because they were asked for. */
export function valuesAt(found: ReadonlyMap<Site, SiteValues>, site: Site): SiteValues {
  const values = found.get(site);
  if (values === undefined) throw new Error(`no values of ${site} were captured`);
  return values;
}

export const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
