/**
 * The HookedTransformerConfig of a toy model (TransformerLens), read field by field; what is not implemented is refused.
 * `weights_by_output` is not TransformerLens's: it says how the file lays out matrices (formats/toys/hookedShapes.ts).
 */
import { VitrineError } from "../../../protocol/errors";
import type { ActivationName } from "../../ops/elementwise";
import type { ModelConfig } from "../architecture";
import { choiceField, countField, flagField, numberField, sizeField, type Json } from "../configFields";
import { plainFrequencies } from "./ropeFrequencies";

const NORMS = ["none", "LN", "LNPre", "RMS", "RMSPre"] as const;
const POSITIONS = ["standard", "rotary", "shortformer", "none"] as const;
/** Their names for activation functions. */
const ACTIVATIONS: Readonly<Record<string, ActivationName>> = {
  relu: "relu",
  gelu: "gelu",
  gelu_new: "gelu_new",
  gelu_fast: "gelu_fast",
  gelu_pytorch_tanh: "gelu_pytorch_tanh",
  silu: "silu",
};

export interface HookedConfig extends ModelConfig {
  readonly attnOnly: boolean;
  readonly gatedMlp: boolean;
  readonly parallel: boolean;
  readonly norm: (typeof NORMS)[number];
  readonly finalRms: boolean;
  readonly normEps: number;
  readonly positions: (typeof POSITIONS)[number];
  /** f32 [rotary dims / 2]; empty without rotary positions. */
  readonly frequencies: Float32Array<ArrayBuffer>;
  readonly interleaved: boolean;
  readonly activation: ActivationName;
  readonly scale: number;
  readonly scaleByLayer: boolean;
  /** Matrices are stored by their outputs, as the code of "Progress measures for grokking" has them. */
  readonly byOutput: boolean;
  readonly scoreCap: number | undefined;
  readonly logitCap: number | undefined;
}

/** Options that change the numbers and are not implemented: anything but these values is refused. */
const ONLY: Readonly<Record<string, readonly unknown[]>> = {
  attention_dir: ["causal"],
  use_hook_mlp_in: [false, true],
  use_normalization_before_and_after: [false],
  num_experts: [null],
  post_embedding_ln: [false],
  use_qk_norm: [false],
};

export function parseHookedConfig(json: Json): HookedConfig {
  for (const [field, known] of Object.entries(ONLY)) {
    const value = json[field];
    if (value === undefined || known.includes(value)) continue;
    throw new VitrineError(
      "Unsupported",
      `cfg.json: ${field} is ${JSON.stringify(value)}; Vitrine runs ${JSON.stringify(known[0])}`,
    );
  }
  const choice = <T extends string>(field: string, allowed: readonly T[], fallback: T) =>
    choiceField({ [field]: json[field] ?? fallback }, [field], allowed, fallback);
  const nLayers = countField(json, ["n_layers"]);
  const nHeads = countField(json, ["n_heads"]);
  const dModel = sizeField(json, ["d_model"]);
  const dHead = countField(json, ["d_head"]);
  const attnOnly = flagField(json, "attn_only", false);
  // Left out it means LayerNorm; only an explicit null means none.
  const norm = json["normalization_type"] === null ? "none" : choice("normalization_type", NORMS, "LN");
  const positions = choice("positional_embedding_type", POSITIONS, "standard");
  const usesScale = flagField(json, "use_attn_scale", true);
  const attnScale = numberField(json, "attn_scale", -1);
  const cap = (name: string) => (numberField(json, name, -1) > 0 ? numberField(json, name, -1) : undefined);
  const act = choice("act_fn", Object.keys(ACTIVATIONS), attnOnly ? "relu" : "");
  return {
    ...{ nLayers, nHeads, dModel, dHead, attnOnly, norm, positions },
    nKvHeads: countField(json, ["n_key_value_heads"], nHeads),
    dMlp: attnOnly ? 4 * dModel : sizeField(json, ["d_mlp"], 4 * dModel),
    dVocab: sizeField(json, ["d_vocab"]),
    dVocabOut: positiveOr(json["d_vocab_out"], sizeField(json, ["d_vocab"])),
    nCtx: sizeField(json, ["n_ctx"]),
    ...windowsOf(json, nLayers),
    gatedMlp: flagField(json, "gated_mlp", false),
    parallel: flagField(json, "parallel_attn_mlp", false),
    finalRms: flagField(json, "final_rms", false),
    normEps: numberField(json, "eps", 1e-5),
    frequencies:
      positions === "rotary"
        ? plainFrequencies(numberField(json, "rotary_base", 10000), countField(json, ["rotary_dim"], dHead))
        : new Float32Array(0),
    interleaved: flagField(json, "rotary_adjacent_pairs", false),
    activation: ACTIVATIONS[act] ?? "relu",
    // -1 stands for the usual square root.
    scale: usesScale ? 1 / (attnScale > 0 ? attnScale : Math.sqrt(dHead)) : 1,
    scaleByLayer: flagField(json, "scale_attn_by_inverse_layer_idx", false),
    byOutput: flagField(json, "weights_by_output", false),
    scoreCap: cap("attn_scores_soft_cap"),
    logitCap: cap("output_logits_soft_cap"),
  };
}

/** TransformerLens writes -1 for "as many as d_vocab". */
function positiveOr(value: unknown, fallback: number): number {
  return typeof value === "number" && value > 0
    ? sizeField({ d_vocab_out: value }, ["d_vocab_out"])
    : fallback;
}

function windowsOf(json: Json, nLayers: number): Pick<HookedConfig, "windows"> {
  if (!flagField(json, "use_local_attn", false)) return {};
  const window = sizeField(json, ["window_size"]);
  const types = Array.isArray(json["attn_types"]) ? (json["attn_types"] as unknown[]) : [];
  return {
    windows: Array.from({ length: nLayers }, (_, layer) => (types[layer] === "local" ? window : undefined)),
  };
}
