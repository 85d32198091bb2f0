/**
 * Gemma Scope (huggingface.co/google/gemma-scope): JumpReLU autoencoders and transcoders in params.npz, the site in the
 * names of the folders above ("gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71"); and Gemma Scope 2, the same in
 * params.safetensors with a config.json that names the site. The decoder's bias is not taken off the input.
 */
import type { SaeInputScheme } from "../../../protocol/sae/sae";
import { blockSite, type BlockSiteName, type Site } from "../../../protocol/sites";
import type { ConfigFields } from "./configFields";
import type { FoundSae } from "./saeFile";
import type { TensorShelf } from "./saeTensors";
import { bothSites, NO_SITES, type SaeSites } from "./sites";

const CONTEXT_SIZE = 1024;
const NO_GAIN =
  "Its input is the norm before the MLP without its gain, which this model's ln2.normalized includes: fold the gain into the encoder, or expect a bad reconstruction.";

/** `path`: the folders and the file. `cfg`: Gemma Scope 2's config.json. */
export async function readGemmaScope(
  name: string,
  path: string,
  cfg: ConfigFields | undefined,
  shelf: TensorShelf,
): Promise<Omit<FoundSae, "files">> {
  cfg?.mustBe("architecture", "jump_relu", "known: jump_relu");
  const named = (tensor: string) => (shelf.has(`W_${tensor}`) ? `W_${tensor}` : `w_${tensor}`);
  const { width: dIn, nLatents } = shelf.sizes(named("enc"), false);
  const { width: dOut } = shelf.sizes(named("dec"), true);
  cfg?.agree("width", cfg.size("width"), nLatents, named("enc"));
  const hasSkip = shelf.has("affine_skip_connection");
  const tensors = {
    encoder: shelf.matrix(named("enc"), [nLatents, dIn], true),
    encoderBias: shelf.vector("b_enc", nLatents),
    decoder: shelf.matrix(named("dec"), [nLatents, dOut]),
    decoderBias: shelf.vector("b_dec", dOut),
    threshold: shelf.vector("threshold", nLatents),
    // Stored as [dIn, dOut]: the input times it.
    ...(hasSkip ? { skip: shelf.matrix("affine_skip_connection", [dOut, dIn], true) } : {}),
  };
  shelf.finish("Gemma Scope autoencoder");
  const sites = cfg?.value("hf_hook_point_in") === undefined ? sitesOfPath(path) : sitesOfConfig(cfg);
  const modelName = cfg?.text("model_name") ?? modelOfPath(path);
  const isFirstTranscoder = cfg === undefined && /gemma-scope-.*transcoder/.test(path);
  return {
    about: {
      ...{ name, layout: "Gemma Scope", activation: "jumprelu", dIn, dOut, nLatents },
      ...sites,
      ...{ input: inputOf(path, dIn), prefixes: [], hasSkip, prependBos: true, contextSize: CONTEXT_SIZE },
      ...(modelName === undefined ? {} : { modelName }),
    },
    tensors,
    notes: isFirstTranscoder ? [NO_GAIN] : [],
  };
}

/** Those of the embedding were trained before the model multiplies it by the root of its width. */
function inputOf(path: string, dIn: number): SaeInputScheme {
  const isEmbedding = /(^|\/)embedding\//.test(path);
  return isEmbedding ? { scheme: "rescale", factor: 1 / Math.sqrt(dIn) } : { scheme: "none" };
}

const FAMILIES: readonly (readonly [RegExp, BlockSiteName])[] = [
  [/-res(-|\/|$)/, "resid_post"],
  [/-mlp(-|\/|$)/, "mlp_out"],
  [/-att(-|\/|$)/, "attn.z"],
];

function sitesOfPath(path: string): SaeSites {
  const [, family] = /gemma-scope-(?!2-)([\w.-]+)/.exec(path) ?? [];
  if (family === undefined) return NO_SITES;
  if (/(^|\/)embedding\//.test(path)) return bothSites("embed");
  const [, layer] = /(?:^|\/)layer_(\d{1,4})\//.exec(path) ?? [];
  if (layer === undefined) return NO_SITES;
  const at = (site: BlockSiteName) => blockSite(Number(layer), site);
  if (family.includes("transcoder")) return { siteIn: at("ln2.normalized"), siteOut: at("mlp_out") };
  const found = FAMILIES.find(([pattern]) => pattern.test(`-${family}`));
  return found ? bothSites(at(found[1])) : NO_SITES;
}

/** "gemma-scope-2b-pt-res" → "gemma-2-2b"; those of "it" models end so. */
function modelOfPath(path: string): string | undefined {
  const [, size, kind] = /gemma-scope-(2b|9b|27b)-(pt|it)/.exec(path) ?? [];
  if (size === undefined) return undefined;
  return kind === "it" ? `gemma-2-${size}-it` : `gemma-2-${size}`;
}

/** Modules of Gemma 3 in Hugging Face's names, with what of them. */
const HOOKS: Readonly<Record<string, BlockSiteName>> = {
  output: "resid_post",
  "pre_feedforward_layernorm.output": "ln2.normalized",
  "post_feedforward_layernorm.output": "mlp_out",
  "post_attention_layernorm.output": "attn_out",
  "self_attn.o_proj.input": "attn.z",
};

function sitesOfConfig(cfg: ConfigFields): SaeSites {
  const siteIn = siteOfModule(cfg.text("hf_hook_point_in"));
  const out = cfg.text("hf_hook_point_out");
  return { siteIn, siteOut: out === undefined ? siteIn : siteOfModule(out) };
}

function siteOfModule(hook: string | undefined): Site | undefined {
  const [, layer, what = ""] = /^model\.(?:language_model\.)?layers\.(\d{1,4})\.(.+)$/.exec(hook ?? "") ?? [];
  const site = Object.hasOwn(HOOKS, what) ? HOOKS[what] : undefined;
  return site && layer !== undefined ? blockSite(Number(layer), site) : undefined;
}
