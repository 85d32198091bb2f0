/**
 * Every named activation ("site") that a model can show, in TransformerLens vocabulary without the `hook_`
 * prefix. This is the only place where a site is born: models tap these names, captures and links carry them,
 * and the `hook_` spelling is accepted on input.
 *
 * Shapes are for one row of `pos` tokens; the axis `one` has length 1. `head` counts query heads, except in k and v, where it counts
 * key-value heads (they differ under grouped-query attention).
 */

export type Site = string;

export interface SiteDoc {
  /** Axes of the captured tensor, outermost first. */
  readonly shape: readonly string[];
  readonly meaning: string;
}

/** Sites that exist once in a model. */
export const MODEL_SITES = {
  embed: { shape: ["pos", "dModel"], meaning: "token embedding" },
  pos_embed: { shape: ["pos", "dModel"], meaning: "learned position embedding" },
  "ln_final.scale": { shape: ["pos", "one"], meaning: "what the final norm divides by" },
  "ln_final.normalized": { shape: ["pos", "dModel"], meaning: "output of the final norm" },
  logits: { shape: ["pos", "dVocab"], meaning: "unnormalised log-probabilities of the next token" },
} as const satisfies Record<string, SiteDoc>;

/** Sites that exist in every block, written `blocks.<layer>.<name>`. */
export const BLOCK_SITES = {
  resid_pre: { shape: ["pos", "dModel"], meaning: "residual stream entering the block" },
  "ln1.scale": {
    shape: ["pos", "one"],
    meaning: "what the norm before attention divides by: sqrt(variance + eps), or sqrt(mean square + eps)",
  },
  "ln1.normalized": { shape: ["pos", "dModel"], meaning: "output of the norm before attention" },
  "attn.q": {
    shape: ["pos", "head", "dHead"],
    meaning: "queries (normalised, if keys and queries are), before rotary positions",
  },
  "attn.k": { shape: ["pos", "head", "dHead"], meaning: "keys, likewise" },
  "attn.rot_q": { shape: ["pos", "head", "dHead"], meaning: "queries after rotary positions" },
  "attn.rot_k": { shape: ["pos", "head", "dHead"], meaning: "keys after rotary positions" },
  "attn.v": { shape: ["pos", "head", "dHead"], meaning: "values" },
  "attn.scores": {
    shape: ["head", "query", "key"],
    meaning:
      "scaled scores, soft-capped and with ALiBi's slope · (key position − query position) where the model has them; -Infinity where a key is not visible",
  },
  "attn.pattern": {
    shape: ["head", "query", "key"],
    meaning: "attention weights; each row sums to 1, or to 0 where a mask hides every key",
  },
  "attn.z": { shape: ["pos", "head", "dHead"], meaning: "weighted values of each head" },
  "ln1_post.scale": { shape: ["pos", "one"], meaning: "what the norm after attention divides by" },
  attn_out: { shape: ["pos", "dModel"], meaning: "what attention adds to the residual stream" },
  resid_mid: { shape: ["pos", "dModel"], meaning: "residual stream between attention and MLP" },
  "ln2.scale": { shape: ["pos", "one"], meaning: "what the norm before the MLP divides by" },
  "ln2.normalized": { shape: ["pos", "dModel"], meaning: "output of the norm before the MLP" },
  "mlp.pre": { shape: ["pos", "dMlp"], meaning: "MLP before its activation function" },
  "mlp.pre_linear": { shape: ["pos", "dMlp"], meaning: "the ungated branch of a gated MLP" },
  "mlp.post": { shape: ["pos", "dMlp"], meaning: "MLP after its activation function" },
  "ln2_post.scale": { shape: ["pos", "one"], meaning: "what the norm after the MLP divides by" },
  mlp_out: { shape: ["pos", "dModel"], meaning: "what the MLP adds to the residual stream" },
  resid_post: { shape: ["pos", "dModel"], meaning: "residual stream leaving the block" },
} as const satisfies Record<string, SiteDoc>;

export type BlockSiteName = keyof typeof BLOCK_SITES;

export function blockSite(layer: number, name: BlockSiteName): Site {
  return `blocks.${layer}.${name}`;
}

/**
 * The canonical name of a site written in either spelling, or undefined if there is no such site in a model of
 * `nLayers` blocks. `blocks.3.hook_resid_pre`, `blocks.3.attn.hook_attn_scores` and `ln_final.hook_normalized`
 * become `blocks.3.resid_pre`, `blocks.3.attn.scores` and `ln_final.normalized`.
 */
export function canonicalSite(text: string, nLayers: number): Site | undefined {
  const plain = text.trim().replaceAll("hook_", "").replace(".attn.attn_scores", ".attn.scores");
  if (Object.hasOwn(MODEL_SITES, plain)) return plain;
  const match = /^blocks\.(\d+)\.(.+)$/.exec(plain);
  if (match === null) return undefined;
  const [, layer = "", name = ""] = match;
  const inModel = Number(layer) < nLayers && String(Number(layer)) === layer;
  return inModel && Object.hasOwn(BLOCK_SITES, name) ? plain : undefined;
}

/**
 * A site in the spelling of TransformerLens, for files that leave the page: `blocks.3.attn.z` becomes
 * `blocks.3.attn.hook_z`. Logits have no hook there and keep their name. `canonicalSite` reads it back.
 */
export function toHookName(site: Site): string {
  if (site === "logits") return site;
  const cut = site.lastIndexOf(".") + 1;
  const last = site.slice(cut) === "scores" ? "attn_scores" : site.slice(cut);
  return `${site.slice(0, cut)}hook_${last}`;
}

export type SiteName = keyof typeof MODEL_SITES | BlockSiteName;

/** Every site of a model of `nLayers` blocks, in the order of the forward pass, but those it does without. */
export function allSites(nLayers: number, absent: readonly SiteName[] = []): Site[] {
  const has = (name: string) => !absent.some((other) => other === name);
  const names = Object.keys(BLOCK_SITES).filter(has) as BlockSiteName[];
  const blocks = Array.from({ length: nLayers }, (_, layer) => names.map((name) => blockSite(layer, name)));
  return ["embed", "pos_embed", ...blocks.flat(), "ln_final.scale", "ln_final.normalized", "logits"].filter(
    has,
  );
}

/** The layer of a block's site. */
export function siteLayer(site: Site): number | undefined {
  const match = /^blocks\.(\d+)\./.exec(site);
  return match ? Number(match[1]) : undefined;
}

/** A site's name without its block: "attn.z" of "blocks.3.attn.z". */
export function siteName(site: Site): SiteName {
  return site.replace(/^blocks\.\d+\./, "") as SiteName;
}

/** Its shape and what it is. */
export function siteDoc(site: Site): SiteDoc {
  return { ...MODEL_SITES, ...BLOCK_SITES }[siteName(site)];
}
