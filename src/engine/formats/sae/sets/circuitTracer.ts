/**
 * circuit-tracer (github.com/safety-research/circuit-tracer), sets of transcoders: one file a layer,
 * layer_{i}.safetensors, with both matrices by latent, and one config.yaml for all that names the hooks of a block. Without
 * an activation in the config it is JumpReLU where the file has thresholds, else ReLU. It reads its sites as they are.
 *
 *   W_enc [nLatents, dIn]   W_dec [nLatents, dOut]   b_enc   b_dec   activation_function.threshold   W_skip [dOut, dIn]   k
 */
import { blockSite, type Site } from "../../../../protocol/sites";
import type { ConfigFields } from "../configFields";
import type { FoundSae } from "../saeFile";
import { PERHAPS_NO_GAIN } from "../saeLens";
import type { TensorShelf } from "../saeTensors";
import { siteOfHook } from "../sites";

const THRESHOLD = "activation_function.threshold";
export const KEEPS_FIRST =
  "circuit-tracer sets the latents of the first token to zero; here they are what the encoder gives.";
/** Their MLP's own output goes through a norm before the residual stream gets it. */
const NORM_BEHIND = /gemma-?[23]/i;

/** The layer that a file of such a set has in its name. */
export function layerOfFile(baseName: string): number | undefined {
  const [, layer] = /^layer_(\d{1,4})\.safetensors$/.exec(baseName) ?? [];
  return layer === undefined ? undefined : Number(layer);
}

export async function readCircuitTracer(
  name: string,
  layer: number,
  cfg: ConfigFields,
  shelf: TensorShelf,
): Promise<Omit<FoundSae, "files">> {
  cfg.mustBe("model_kind", "transcoder_set", "but the file beside it is one layer of a transcoder_set");
  const { width: dIn, nLatents } = shelf.sizes("W_enc", true);
  const { width: dOut } = shelf.sizes("W_dec", true);
  const hasSkip = shelf.has("W_skip");
  const activation = activationOf(cfg, shelf.has(THRESHOLD));
  const k = activation === "topk" ? await kOf(cfg, shelf, nLatents) : undefined;
  const tensors = {
    encoder: shelf.matrix("W_enc", [nLatents, dIn]),
    encoderBias: shelf.vector("b_enc", nLatents),
    decoder: shelf.matrix("W_dec", [nLatents, dOut]),
    decoderBias: shelf.vector("b_dec", dOut),
    ...(activation === "jumprelu" ? { threshold: shelf.vector(THRESHOLD, nLatents) } : {}),
    ...(hasSkip ? { skip: shelf.matrix("W_skip", [dOut, dIn]) } : {}),
  };
  shelf.finish("circuit-tracer transcoder");
  const modelName = cfg.text("model_name");
  const siteIn = siteOf(cfg, "feature_input_hook", layer);
  const siteOut = siteOf(cfg, "feature_output_hook", layer);
  const isNormalized = cfg.text("feature_input_hook") === "ln2.hook_normalized";
  return {
    about: {
      ...{ name, layout: "circuit-tracer", activation, dIn, dOut, nLatents, siteIn, siteOut },
      ...{ input: { scheme: "none" }, prefixes: [], hasSkip },
      ...(k === undefined ? {} : { k }),
      ...(modelName === undefined ? {} : { modelName }),
    },
    tensors,
    notes: [KEEPS_FIRST, ...(isNormalized ? [PERHAPS_NO_GAIN] : [])],
  };
}

function activationOf(cfg: ConfigFields, hasThreshold: boolean): "relu" | "topk" | "jumprelu" {
  const said = cfg.text("activation");
  if (said === undefined || said === "jump_relu") {
    if (hasThreshold) return "jumprelu";
    if (said === undefined) return "relu";
    throw cfg.bad("activation", said, `but the file beside it has no ${THRESHOLD}`);
  }
  if (said !== "relu" && said !== "topk")
    throw cfg.unsupported("activation", said, "known: relu, topk, jump_relu");
  if (hasThreshold) throw cfg.bad("activation", said, `but the file beside it has ${THRESHOLD}`);
  return said;
}

async function kOf(cfg: ConfigFields, shelf: TensorShelf, nLatents: number): Promise<number> {
  const inFile = shelf.has("k") ? (await shelf.numbers("k"))[0] : undefined;
  const k = cfg.size("k") ?? inFile;
  if (k === undefined)
    throw cfg.missing("k", "which activation: topk needs; add how many latents it keeps, as k: 64");
  if (!Number.isSafeInteger(k) || k < 1 || k > nLatents)
    throw cfg.bad("k", k, `expected a whole number from 1 to its ${nLatents} latents`);
  return k;
}

/** A block's hook, as TransformerLens names it, or the input and output of the MLP as a module. */
export function siteOf(cfg: ConfigFields, field: string, layer: number): Site {
  const hook = cfg.text(field);
  if (hook === undefined)
    throw cfg.missing(
      field,
      "which says what it reads and writes; add it, as feature_output_hook: hook_mlp_out",
    );
  if (hook === "mlp.hook_in") return blockSite(layer, "ln2.normalized");
  if (hook === "mlp.hook_out") {
    if (!NORM_BEHIND.test(cfg.text("model_name") ?? "")) return blockSite(layer, "mlp_out");
    throw cfg.unsupported(field, hook, "which in this model has a norm behind it; known here: hook_mlp_out");
  }
  const site = siteOfHook(`blocks.${layer}.${hook}`);
  if (site) return site;
  throw cfg.unsupported(
    field,
    hook,
    "known: hook_resid_pre, hook_resid_mid, hook_mlp_in, ln2.hook_normalized, mlp.hook_in, hook_mlp_out, mlp.hook_out",
  );
}
