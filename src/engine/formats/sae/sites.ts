/**
 * Which site of a model an autoencoder reads or writes, from what its files or folders call it. Undefined where they do
 * not say, or name what no site holds: then it can only be asked.
 */
import { blockSite, canonicalSite, type BlockSiteName, type Site } from "../../../protocol/sites";

const ANY_LAYER = Number.MAX_SAFE_INTEGER;

export interface SaeSites {
  readonly siteIn: Site | undefined;
  readonly siteOut: Site | undefined;
}

export const bothSites = (site: Site | undefined): SaeSites => ({ siteIn: site, siteOut: site });
export const NO_SITES = bothSites(undefined);

/** TransformerLens's name of a hook: "blocks.8.hook_resid_pre". */
export function siteOfHook(hook: string | undefined): Site | undefined {
  if (hook === undefined) return undefined;
  // What the MLP's norm reads.
  const [, mlpIn] = /^blocks\.(\d{1,4})\.hook_mlp_in$/.exec(hook) ?? [];
  if (mlpIn !== undefined) return blockSite(Number(mlpIn), "resid_mid");
  return canonicalSite(hook, ANY_LAYER);
}

type Through = readonly [input: BlockSiteName | undefined, output: BlockSiteName];

/** What a module of a Hugging Face block reads and writes. */
const MODULES: readonly (readonly [RegExp, Through])[] = [
  [/^$/, ["resid_pre", "resid_post"]],
  [/^\.mlp$/, ["ln2.normalized", "mlp_out"]],
  [/^\.(attn|attention|self_attn|attn\.attention)$/, ["ln1.normalized", "attn_out"]],
  [/^\.(ln_1|input_layernorm)$/, ["resid_pre", "ln1.normalized"]],
  [/^\.(ln_2|post_attention_layernorm)$/, ["resid_mid", "ln2.normalized"]],
  [/^\.mlp\.(act|act_fn)$/, ["mlp.pre", "mlp.post"]],
];
const EMBEDDINGS = /(^|\.)(embed_tokens|wte|embed_in)$/;
/**
 * Blocks whose sublayers' modules do not give what the residual stream gets: Gemma has norms behind them, BLOOM's give the
 * sum with the stream.
 */
const NOT_ADDED = /gemma-?[23]|bloom/i;
/** Where the activation's output is still to be multiplied by another branch. */
const GATED = /llama|qwen|gemma|mistral|smollm/i;

/** A module of a Hugging Face model: "layers.5", "transformer.h.5.mlp", "gpt_neox.layers.5.attention". */
export function sitesOfModule(hookpoint: string, isTranscoder: boolean, modelName = ""): SaeSites {
  if (EMBEDDINGS.test(hookpoint)) return bothSites(isTranscoder ? undefined : "embed");
  const [, layer, rest] = /^(?:[a-z_]+\.)*(?:h|layers)[._](\d{1,4})((?:\.[\w]+)*)$/.exec(hookpoint) ?? [];
  const through = MODULES.find(([pattern]) => rest !== undefined && pattern.test(rest))?.[1];
  if (layer === undefined || rest === undefined || !through) return NO_SITES;
  if (rest !== "" && NOT_ADDED.test(modelName)) return NO_SITES;
  if (rest.startsWith(".mlp.") && GATED.test(modelName)) return NO_SITES;
  const [input, output] = through.map((name) => name && blockSite(Number(layer), name));
  return isTranscoder ? { siteIn: input, siteOut: output } : bothSites(output);
}

/** dictionary_learning's name of a submodule: "resid_post_layer_8". */
export function siteOfSubmodule(name: string | undefined, layer: number | undefined): Site | undefined {
  // Its own loader knows the output of a block only.
  if (name === undefined) return layer === undefined ? undefined : blockSite(layer, "resid_post");
  const [, what = "", at] =
    /^(resid_post|resid_pre|attention_out|attn_out|mlp_out|resid)_layer_?(\d{1,4})$/.exec(name) ?? [];
  const known: Readonly<Record<string, BlockSiteName>> = {
    resid: "resid_post",
    resid_post: "resid_post",
    resid_pre: "resid_pre",
    attention_out: "attn_out",
    attn_out: "attn_out",
    mlp_out: "mlp_out",
  };
  const site = Object.hasOwn(known, what) ? known[what] : undefined;
  return site && at !== undefined ? blockSite(Number(at), site) : undefined;
}

/** OpenAI's folders: "gpt2-small/resid_post_mlp_v5_32k/autoencoders/8.pt". */
export function siteOfLocation(path: string): Site | undefined {
  const [, location = ""] =
    /(?:^|\/)(resid_delta_attn|resid_post_attn|resid_delta_mlp|resid_post_mlp|mlp_post_act)(?:_v\d|\/|_)/.exec(
      path,
    ) ?? [];
  const [, layer] = /(?:^|\/)(?:layer_?)?(\d{1,4})\.[a-z]+$/.exec(path) ?? [];
  const known: Readonly<Record<string, BlockSiteName>> = {
    resid_delta_attn: "attn_out",
    resid_post_attn: "resid_mid",
    resid_delta_mlp: "mlp_out",
    resid_post_mlp: "resid_post",
    mlp_post_act: "mlp.post",
  };
  const site = Object.hasOwn(known, location) ? known[location] : undefined;
  return site && layer !== undefined ? blockSite(Number(layer), site) : undefined;
}
