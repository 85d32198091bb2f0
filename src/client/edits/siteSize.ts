/** How wide a site of the loaded model is, and how many heads it has: what an edit of it may name. */
import type { ModelInfo } from "../../protocol/api";
import { BLOCK_SITES, MODEL_SITES, siteName, type Site, type SiteName } from "../../protocol/sites";
import type { EditSite } from "../../protocol/interventions";

type Sizes = Pick<ModelInfo, "nHeads" | "nKvHeads" | "dHead" | "dModel" | "dMlp" | "dVocab">;

export interface SiteSize {
  /** Absent: the site has no heads. */
  readonly heads?: number;
  /** Numbers of one token (of one of its heads); absent: keys, which differ from prompt to prompt. */
  readonly width?: number;
}

const AXES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({ ...MODEL_SITES, ...BLOCK_SITES }).map(([name, { shape }]) => [name, shape]),
);

export function siteSize(model: Sizes, name: SiteName | EditSite): SiteSize {
  const axes = AXES[name] ?? [];
  const isKeyValue = /^attn\.(rot_)?k$|^attn\.v$/.test(name);
  const heads = axes.includes("head") ? { heads: isKeyValue ? model.nKvHeads : model.nHeads } : {};
  if (axes.includes("key")) return heads;
  const last = axes.at(-1);
  const widths: Readonly<Record<string, number>> = {
    dHead: model.dHead,
    dMlp: model.dMlp,
    dVocab: model.dVocab,
    dModel: model.dModel,
  };
  // An axis that is none of these is one number a token: a norm's scale.
  return { ...heads, width: (last === undefined ? undefined : widths[last]) ?? 1 };
}

/** Numbers of a whole token at the site; undefined where they are keys. */
export function tokenWidth(model: Sizes, name: SiteName | EditSite): number | undefined {
  const { heads = 1, width } = siteSize(model, name);
  return width === undefined ? undefined : heads * width;
}

/** Sites without their layer, in the order of the forward pass. */
export function siteNames({ sites }: { readonly sites: readonly Site[] }): EditSite[] {
  return [...new Set(sites.map((site) => siteName(site) as EditSite))];
}

export const isBlockSite = (name: string): boolean => Object.hasOwn(BLOCK_SITES, name);

/** What the last axis of a site counts, in the field's word. */
export const dimName = (name: string): string => (name.startsWith("mlp.") ? "neuron" : "dim");
