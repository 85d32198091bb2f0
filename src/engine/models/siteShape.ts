/** Sizes of a site in one model: how wide it is, how its columns are divided into heads. */
import { siteLayer, siteName, type Site } from "../../protocol/sites";
import type { ModelConfig } from "./architecture";
import { vocabOut } from "./sizes";

export interface SiteColumns {
  /** Heads side by side in one token's columns; 1 where the site has no head axis. */
  readonly heads: number;
  /** Columns of one head (or of the site); for scores and patterns: keys, which differ from run to run. */
  readonly width: number | "keys";
}

export function siteColumns(config: ModelConfig, site: Site): SiteColumns {
  const { nHeads, nKvHeads, dHead, dModel, dMlp } = config;
  const name = siteName(site);
  switch (name) {
    case "attn.q":
    case "attn.rot_q":
    case "attn.z":
      return { heads: nHeads, width: dHead };
    case "attn.k":
    case "attn.rot_k":
    case "attn.v":
      return { heads: nKvHeads, width: dHead };
    case "attn.scores":
    case "attn.pattern":
      return { heads: nHeads, width: "keys" };
    case "mlp.pre":
    case "mlp.pre_linear":
    case "mlp.post":
      return { heads: 1, width: dMlp };
    case "logits":
      return { heads: 1, width: vocabOut(config) };
    default:
      return { heads: 1, width: name.endsWith(".scale") ? 1 : dModel };
  }
}

/** The shape of a capture of `positions` tokens that see `keys` positions; as documented in protocol/sites.ts. */
export function siteShape(config: ModelConfig, site: Site, positions: number, keys = positions): number[] {
  const { heads, width } = siteColumns(config, site);
  if (width === "keys") return [heads, positions, keys];
  const hasHeads = /\.attn\.(rot_)?[qkvz]$/.test(site);
  return hasHeads ? [positions, heads, width] : [positions, width];
}

/** How far a layer's queries reach back, where the site is inside its attention. */
export function windowOf(config: ModelConfig, site: Site): number | undefined {
  const layer = siteLayer(site);
  return layer === undefined ? undefined : config.windows?.[layer];
}

const TOKEN_ROWS =
  /^(embed|resid_\w+|attn_out|mlp_out|attn\.z|ln[12]\.normalized|mlp\.(pre|pre_linear|post))$/;

/** Whether its tensor has one row a token and nothing else in it: what autoencoders can read and write. */
export function hasTokenRows(site: Site): boolean {
  return TOKEN_ROWS.test(siteName(site));
}
