/** The part of a model that runs again under a tape of its own for a gradient. */
import { siteLayer, type Site } from "../../../protocol/sites";
import type { ModelConfig } from "../../models/architecture";
import { HEAD_SITES } from "../edits/passEdits";

export const EMBEDDINGS = -1;

/** Of a site: -1 the embeddings, a block, or the head. */
export function partOf({ nLayers }: Pick<ModelConfig, "nLayers">, site: Site): number {
  return HEAD_SITES.has(site) ? nLayers : (siteLayer(site) ?? EMBEDDINGS);
}
