/**
 * SAELens (github.com/jbloomAus/SAELens): cfg.json + sae_weights.safetensors. Versions before 6 keep hook and model at the
 * top of the config, later ones under `metadata`; the earliest say `hook_point`, and TopK by `activation_fn_str`. BatchTopK
 * and Matryoshka are saved as JumpReLU when training ends; a checkpoint from within has its own threshold.
 */
import { VitrineError } from "../../../protocol/errors";
import type { SaeInputScheme } from "../../../protocol/sae/sae";
import { isJsonObject } from "../bytes/json";
import type { ConfigFields } from "./configFields";
import { inDecoderNorms, mapVector, timesRows } from "./derivedTensors";
import type { FoundSae, SaeAbout, SaeTensors } from "./saeFile";
import type { TensorShelf } from "./saeTensors";
import { bothSites, siteOfHook, type SaeSites } from "./sites";

type Kind = "standard" | "topk" | "jumprelu" | "batchtopk" | "gated";
interface Architecture {
  readonly kind: Kind;
  readonly isTranscoder?: true;
  readonly hasSkip?: true;
}

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  standard: { kind: "standard" },
  topk: { kind: "topk" },
  jumprelu: { kind: "jumprelu" },
  batchtopk: { kind: "batchtopk" },
  matryoshka_batchtopk: { kind: "batchtopk" },
  gated: { kind: "gated" },
  transcoder: { kind: "standard", isTranscoder: true },
  skip_transcoder: { kind: "standard", isTranscoder: true, hasSkip: true },
  jumprelu_transcoder: { kind: "jumprelu", isTranscoder: true },
  jumprelu_skip_transcoder: { kind: "jumprelu", isTranscoder: true, hasSkip: true },
};

/** What its layer_norm adds to the standard deviation. */
const LAYER_NORM_EPS = 1e-5;
const CENTRED =
  "It was trained on a residual stream whose mean over dModel was taken off (center_writing_weights); this model's is not.";

export const PERHAPS_NO_GAIN =
  "TransformerLens's hook_normalized is without the norm's gain for RMSNorm and for folded weights; this model's includes it: if the reconstruction is bad, that is why.";

type Found = Omit<FoundSae, "files">;

export async function readSaeLens(name: string, cfg: ConfigFields, shelf: TensorShelf): Promise<Found> {
  const { kind, isTranscoder = false, hasSkip = false } = architectureOf(cfg);
  const { width: dIn, nLatents } = shelf.sizes("W_enc", false);
  const { width: dOut } = shelf.sizes("W_dec", true);
  cfg.agree("d_in", cfg.size("d_in"), dIn, "W_enc");
  cfg.agree("d_sae", cfg.size("d_sae"), nLatents, "W_enc");
  cfg.agree("d_out", cfg.size("d_out"), dOut, "W_dec");
  if (dOut !== dIn && !isTranscoder)
    throw cfg.bad("d_in", dIn, `but W_dec is ${dOut} wide, as only a transcoder's may be`);
  const input = inputOf(cfg, isTranscoder);
  const k = kOf(cfg, kind, nLatents);
  const thresholdName = ["threshold", "topk_threshold", "log_threshold"].find((tensor) => shelf.has(tensor));
  // One token by itself is a batch of which the k largest are kept.
  const isUntrained = kind === "batchtopk" && thresholdName === undefined && Number.isInteger(k);
  const tensors = tensorsOf(cfg, shelf, {
    dIn,
    dOut,
    nLatents,
    kind,
    hasSkip,
    thresholdName,
    isUntrained,
  });
  shelf.finish(`SAELens ${kind} autoencoder`);
  const activation = kind === "standard" ? "relu" : isUntrained ? "topk" : kind;
  const prependBos = cfg.value("prepend_bos");
  const contextSize = cfg.size("context_size");
  const modelName = cfg.text("model_name");
  const about: SaeAbout = {
    ...{ name, layout: "SAELens", activation, dIn, dOut, nLatents },
    ...(k === undefined ? {} : { k }),
    ...sitesOf(cfg, isTranscoder),
    ...{ input, prefixes: prefixesOf(cfg, nLatents), hasSkip },
    ...(modelName === undefined ? {} : { modelName }),
    ...(typeof prependBos === "boolean" ? { prependBos } : {}),
    ...(contextSize === undefined ? {} : { contextSize }),
  };
  return { about, tensors, notes: notesOf(cfg, isUntrained) };
}

function architectureOf(cfg: ConfigFields): Architecture {
  const name = cfg.text("architecture") ?? "standard";
  const found = Object.hasOwn(ARCHITECTURES, name) ? ARCHITECTURES[name] : undefined;
  if (!found) {
    throw cfg.unsupported("architecture", name, `known: ${Object.keys(ARCHITECTURES).join(", ")}`);
  }
  const activation = cfg.text("activation_fn", "activation_fn_str") ?? "relu";
  const isTopK = activation === "topk" && ["standard", "topk"].includes(found.kind);
  if (!isTopK && activation !== "relu") {
    throw cfg.unsupported(
      "activation_fn",
      activation,
      `known with architecture ${name}: relu${found.kind === "standard" ? ", topk" : ""}`,
    );
  }
  const settings = cfg.object("activation_fn_kwargs");
  settings.mustBe("signed", false, "which is not known here: latents are not negative");
  settings.mustBe("postact_fn", "ReLU", "expected ReLU");
  return isTopK ? { ...found, kind: "topk" } : found;
}

function inputOf(cfg: ConfigFields, isTranscoder: boolean): SaeInputScheme {
  const value = cfg.value("normalize_activations") ?? "none";
  const scheme = value === false ? "none" : value === true ? "expected_average_only_in" : value;
  const known = "none, layer_norm, constant_norm_rescale, expected_average_only_in";
  if (scheme === "none") return { scheme: "none" };
  if (isTranscoder)
    throw cfg.unsupported(
      "normalize_activations",
      value,
      "which a transcoder does not undo: fold it into the weights",
    );
  if (scheme === "layer_norm") return { scheme: "layerNorm", eps: LAYER_NORM_EPS };
  if (scheme === "constant_norm_rescale") return { scheme: "unitMeanSquare" };
  if (scheme !== "expected_average_only_in")
    throw cfg.unsupported("normalize_activations", value, `known: ${known}`);
  const factor = cfg.positive("norm_scaling_factor");
  if (factor !== undefined) return { scheme: "rescale", factor };
  throw cfg.unsupported(
    "normalize_activations",
    value,
    "whose factor is not in the file: fold it into the weights (fold_activation_norm_scaling_factor), or add it to the config as norm_scaling_factor",
  );
}

function kOf(cfg: ConfigFields, kind: Kind, nLatents: number): number | undefined {
  const settings = cfg.object("activation_fn_kwargs");
  if (kind !== "topk") return kind === "batchtopk" ? cfg.positive("k") : undefined;
  const k = cfg.size("k") ?? settings.size("k");
  if (k === undefined) throw cfg.missing("k", "which TopK needs; add how many latents it keeps");
  if (k > nLatents) throw cfg.bad("k", k, `more than its ${nLatents} latents`);
  return k;
}

interface Shape {
  readonly dIn: number;
  readonly dOut: number;
  readonly nLatents: number;
  readonly kind: Kind;
  readonly hasSkip: boolean;
  readonly thresholdName: string | undefined;
  readonly isUntrained: boolean;
}

function tensorsOf(cfg: ConfigFields, shelf: TensorShelf, shape: Shape): SaeTensors {
  const { dIn, dOut, nLatents, kind, hasSkip, thresholdName = "threshold", isUntrained } = shape;
  const decoderBias = shelf.vector("b_dec", dOut);
  const isTranscoder = architectureOf(cfg).isTranscoder ?? false;
  const centres = cfg.flag("apply_b_dec_to_input", !isTranscoder);
  if (centres && isTranscoder)
    throw cfg.unsupported(
      "apply_b_dec_to_input",
      true,
      "which makes no sense for a transcoder: its b_dec belongs to the output",
    );
  const latents = (tensor: string) => shelf.vector(tensor, nLatents);
  const hasThreshold = kind === "jumprelu" || (kind === "batchtopk" && !isUntrained);
  const threshold = hasThreshold ? shelf.vector(thresholdName, nLatents, kind === "batchtopk") : undefined;
  const tensors: SaeTensors = {
    encoder: shelf.matrix("W_enc", [nLatents, dIn], true),
    decoder: shelf.matrix("W_dec", [nLatents, dOut]),
    decoderBias,
    ...(centres ? { inputBias: decoderBias } : {}),
    ...(kind === "gated"
      ? {
          gate: {
            gateBias: latents("b_gate"),
            magnitudeScale: mapVector(latents("r_mag"), Math.exp),
            magnitudeBias: latents("b_mag"),
          },
        }
      : { encoderBias: latents("b_enc") }),
    ...(threshold
      ? { threshold: thresholdName === "log_threshold" ? mapVector(threshold, Math.exp) : threshold }
      : {}),
    ...(hasSkip ? { skip: shelf.matrix("W_skip", [dOut, dIn]) } : {}),
  };
  const finetuned = withFinetuning(cfg, shelf, tensors, nLatents);
  const rescales =
    (kind === "topk" || kind === "batchtopk") && cfg.flag("rescale_acts_by_decoder_norm", false);
  return rescales ? inDecoderNorms(finetuned, "latents") : finetuned;
}

/** Factors of the latents on their way to the decoder, which some files have; ones where they were not used. */
function withFinetuning(
  cfg: ConfigFields,
  shelf: TensorShelf,
  tensors: SaeTensors,
  nLatents: number,
): SaeTensors {
  const name = ["finetuning_scaling_factor", "scaling_factor"].find((tensor) => shelf.has(tensor));
  if (name === undefined) return tensors;
  const factors = shelf.vector(name, nLatents);
  const isUsed = cfg.flag("finetuning_scaling_factor", false);
  const read = async () => {
    const values = await factors.read();
    if (isUsed || values.every((value) => Math.abs(value - 1) < 1e-5)) return values;
    throw new VitrineError(
      "BadFile",
      `${shelf.fileName}: ${name} is not 1, but the config's finetuning_scaling_factor is false; say which is right.`,
    );
  };
  return { ...tensors, decoder: timesRows(tensors.decoder, read) };
}

function sitesOf(cfg: ConfigFields, isTranscoder: boolean): SaeSites {
  const head = cfg.value("hook_head_index", "hook_point_head_index");
  if (head !== undefined)
    throw cfg.unsupported("hook_head_index", head, "and autoencoders of one head are not known here");
  const reshape = cfg.text("reshape_activations") ?? "none";
  if (!["none", "hook_z"].includes(reshape))
    throw cfg.unsupported("reshape_activations", reshape, "known: none, hook_z");
  const siteIn = siteOfHook(cfg.text("hook_name", "hook_point"));
  return isTranscoder ? { siteIn, siteOut: siteOfHook(cfg.text("hook_name_out")) } : bothSites(siteIn);
}

function prefixesOf(cfg: ConfigFields, nLatents: number): readonly number[] {
  const widths = cfg.sizes("matryoshka_widths");
  const isRising = widths.every((width, i) => width > (widths[i - 1] ?? 0) && width <= nLatents);
  if (isRising) return widths.length === 0 || widths.at(-1) === nLatents ? widths : [...widths, nLatents];
  throw cfg.bad("matryoshka_widths", widths, `expected rising widths up to ${nLatents}`);
}

function notesOf(cfg: ConfigFields, isUntrained: boolean): readonly string[] {
  const kwargs = cfg.value("model_from_pretrained_kwargs");
  return [
    ...(isUntrained ? ["BatchTopK without a threshold: every token keeps its own k largest latents."] : []),
    ...(isJsonObject(kwargs) && kwargs["center_writing_weights"] === true ? [CENTRED] : []),
    ...(cfg.text("hook_name", "hook_point")?.endsWith("hook_normalized") ? [PERHAPS_NO_GAIN] : []),
  ];
}
