/**
 * Where a pass has to begin that differs from a kept one by some interventions: at the first block that they change. The
 * residual stream before it is that of the kept pass.
 */
import type { Intervention } from "../../../protocol/interventions";
import { siteLayer, type Site } from "../../../protocol/sites";
import { saeOf, type Model } from "../../models/model";
import { HEAD_SITES } from "./passEdits";
import { changedSite } from "./siteStages";

/** A change that reads one site and writes another needs both in the pass: the blocks from one to the other. */
interface Reach {
  readonly first: number;
  readonly last: number;
}

/**
 * The first block that a pass must run, given what it has that the kept one has not, and what both have: 0 is the whole pass
 * (changes of embeddings, which every block may read, are among those).
 */
export function firstBlock(
  model: Pick<Model, "config" | "saes">,
  changes: readonly Intervention[],
  both: readonly Intervention[],
): number {
  const { nLayers } = model.config;
  const blockOf = (site: Site) => (HEAD_SITES.has(site) ? nLayers - 1 : (siteLayer(site) ?? 0));
  const reachOf = (one: Intervention): Reach => {
    const last = blockOf(changedSite(model, one));
    const first = one.kind === "latents" ? blockOf(saeOf(model, one.sae).siteIn) : last;
    return { first: Math.min(first, last), last };
  };
  let block = Math.min(nLayers - 1, ...changes.map((one) => reachOf(one).first));
  // From the last on: one that begins lower may be in the middle of another.
  const across = both.map(reachOf).sort((a, b) => b.first - a.first);
  for (const { first, last } of across) if (first < block && block <= last) block = first;
  return block;
}
