/** The edits of one pass on the device: laid out for every site that they change, and sent before anything is recorded. */
import type { Site } from "../../../protocol/sites";
import type { TensorMemory } from "../../device/tensor";
import { saeOf, type Model } from "../../models/model";
import { siteLatents } from "./latentTables";
import type { RowContext, Segment } from "../batch/rowContext";
import { siteEdits } from "./rowEdits";
import type { SiteChange, SiteChanges } from "./runTaps";
import { editedSites, stagesOf } from "./siteStages";
import type { PackedBatch } from "../batch/tokenBatch";

/** Sites that are computed on scored rows only; capturing one makes every token a scored row. */
export const HEAD_SITES: ReadonlySet<Site> = new Set(["ln_final.scale", "ln_final.normalized", "logits"]);

/** The edits of a pass on the device, and of its head for the rows that it is given. */
export interface PassEdits {
  readonly blocks: SiteChanges;
  head(tokens: readonly number[]): SiteChanges;
}

/** Lays out and sends the edits of the blocks; those of the head when it is known which rows it sees. */
export function uploadPassEdits(
  model: Pick<Model, "config" | "saes"> & { memory: TensorMemory },
  segments: readonly Segment[],
  packed: PackedBatch,
  contexts: readonly RowContext[],
): PassEdits {
  const { config, memory } = model;
  const sites = [...editedSites(model, segments)];
  const viewsOf = (tokens?: readonly number[]) =>
    tokens ? tokens.flatMap((token) => packed.views[token] ?? []) : packed.views;
  const changesOf = (site: Site, tokens?: readonly number[]): SiteChange[] => {
    const { affine, latents } = stagesOf(model, segments, site);
    return affine.flatMap((changes, stage): SiteChange[] => {
      const hasAny = changes.some((list) => list.length > 0);
      return [
        ...(hasAny
          ? [
              {
                kind: "affine",
                edits: siteEdits(memory, config, packed, contexts, site, changes, tokens),
              } as const,
            ]
          : []),
        ...siteLatents(memory, latents[stage] ?? [], (id) => saeOf(model, id), viewsOf(tokens)),
      ];
    });
  };
  const upload = (chosen: readonly Site[], tokens?: readonly number[]) =>
    new Map(chosen.map((site) => [site, changesOf(site, tokens)]));
  const headSites = sites.filter((site) => HEAD_SITES.has(site));
  return {
    blocks: upload(sites.filter((site) => !HEAD_SITES.has(site))),
    head: (tokens) => upload(headSites, tokens),
  };
}
