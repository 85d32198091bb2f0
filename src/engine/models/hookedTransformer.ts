/**
 * Transformers as TransformerLens stores them (`HookedTransformer`, Nanda and Bloom 2022): toy models whose config
 * says which parts there are. Attention only or with an MLP; LayerNorm, RMS norm, either without weights, or none;
 * positions learned, rotary, added to queries and keys only ("shortformer"), or none.
 *
 *   x = W_E[token] (+ W_pos[position])
 *   per block:  x += attention(norm(x));  x += mlp(norm(x)), unless attn_only
 *   logits = norm(x) W_U + b_U
 */
import { VitrineError } from "../../protocol/errors";
import { blockSite, type SiteName } from "../../protocol/sites";
import type { Tensor } from "../device/tensor";
import { add, softcap, type ActivationName } from "../ops/elementwise";
import { embedding } from "../ops/embedding";
import { linear } from "../ops/linear";
import { layerNorm, rmsNorm, type ScaleTap } from "../ops/norm";
import type { Vector } from "../ops/weights";
import { namedAnatomy } from "./anatomy";
import type { Architecture, ForwardContext, ModelConfig, WeightSpec } from "./architecture";
import { choiceField, countField, flagField, numberField, sizeField, type Json } from "./configFields";
import {
  attentionSublayer,
  blockName,
  gatedMlpSublayer,
  mlpSublayer,
  openLayer,
  POST_NORM_SITES,
  scaleTap,
  type AttentionOptions,
} from "./layers";
import { plainFrequencies } from "./ropeFrequencies";
import { valuesSpec } from "./specs";

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

interface HookedConfig extends ModelConfig {
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

function parseConfig(json: Json): HookedConfig {
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

function weights(config: HookedConfig): WeightSpec[] {
  const { nLayers, nHeads, nKvHeads, dHead, dModel, dMlp, dVocab, nCtx, norm, positions } = config;
  const dVocabOut = config.dVocabOut ?? dVocab;
  const vector = (name: string, source: string, size: number, storedShape = [size]): WeightSpec => ({
    ...{ name, kind: "vector", sources: [source], shape: [size], storedShape },
  });
  const matrix = (name: string, source: string, out: number, inner: number): WeightSpec => ({
    ...{ name, kind: "matrix", sources: [source], shape: [out, inner], transposed: true },
  });
  const optional = (spec: WeightSpec): WeightSpec => ({ ...spec, optional: true });
  const without = norm.endsWith("Pre") ? dModel : 0;
  const [one, zero] = [new Float32Array(without).fill(1), new Float32Array(without)];
  /** Weights that the file has, or what leaves a norm without weights as it is. */
  const normSpecs = (to: string, from: string, kind: HookedConfig["norm"]): WeightSpec[] => {
    if (kind === "none") return [];
    if (kind === "LNPre") return [valuesSpec(`${to}.weight`, one), valuesSpec(`${to}.bias`, zero)];
    if (kind === "RMSPre") return [valuesSpec(`${to}.weight`, one)];
    const weight = vector(`${to}.weight`, `${from}.w`, dModel);
    return kind === "LN" ? [weight, vector(`${to}.bias`, `${from}.b`, dModel)] : [weight];
  };
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `blocks.${i}`];
    const heads = (name: "q" | "k" | "v"): WeightSpec[] => {
      // With fewer key-value heads their weights have an underscore before the name.
      const count = name === "q" ? nHeads : nKvHeads;
      const mark = count === nHeads ? "" : "_";
      const letter = name.toUpperCase();
      const source = `${from}.attn.${mark}`;
      return [
        {
          ...matrix(`${to}.${name}.weight`, `${source}W_${letter}`, count * dHead, dModel),
          storedShape: [count, dModel, dHead],
          blocks: { of: count, take: Array.from({ length: count }, (_, head) => head) },
        },
        optional(vector(`${to}.${name}.bias`, `${source}b_${letter}`, count * dHead, [count, dHead])),
      ];
    };
    const mlp = [
      ...normSpecs(`${to}.ln2`, `${from}.ln2`, norm),
      ...(config.gatedMlp ? [matrix(`${to}.gate.weight`, `${from}.mlp.W_gate`, dMlp, dModel)] : []),
      matrix(`${to}.up.weight`, `${from}.mlp.W_in`, dMlp, dModel),
      optional(vector(`${to}.up.bias`, `${from}.mlp.b_in`, dMlp)),
      matrix(`${to}.down.weight`, `${from}.mlp.W_out`, dModel, dMlp),
      optional(vector(`${to}.down.bias`, `${from}.mlp.b_out`, dModel)),
    ];
    return [
      ...normSpecs(`${to}.ln1`, `${from}.ln1`, norm),
      ...heads("q"),
      ...heads("k"),
      ...heads("v"),
      {
        ...matrix(`${to}.o.weight`, `${from}.attn.W_O`, dModel, nHeads * dHead),
        storedShape: [nHeads, dHead, dModel],
      },
      optional(vector(`${to}.o.bias`, `${from}.attn.b_O`, dModel)),
      ...(config.attnOnly ? [] : mlp),
    ];
  });
  const table = (name: string, source: string, rows: number): WeightSpec => ({
    ...{ name, kind: "matrix", sources: [source], shape: [rows, dModel] },
  });
  const learned = positions === "standard" || positions === "shortformer";
  return [
    table("embed.weight", "embed.W_E", dVocab),
    ...(learned ? [table("pos_embed.weight", "pos_embed.W_pos", nCtx)] : []),
    ...(positions === "rotary" ? [valuesSpec("frequencies", config.frequencies)] : []),
    ...blocks.flat(),
    ...normSpecs("ln_final", "ln_final", finalNorm(config)),
    matrix("unembed.weight", "unembed.W_U", dVocabOut, dModel),
    optional(vector("unembed.bias", "unembed.b_U", dVocabOut)),
  ];
}

function finalNorm({ norm, finalRms }: HookedConfig): HookedConfig["norm"] {
  if (!finalRms || norm === "none") return norm;
  return norm.endsWith("Pre") ? "RMSPre" : "RMS";
}

function normalise(
  { memory, config }: ForwardContext<HookedConfig>,
  kind: HookedConfig["norm"],
  x: Tensor,
  vector: (name: "weight" | "bias") => Vector,
  scale: ScaleTap,
): Tensor {
  if (kind === "none") return x;
  if (kind.startsWith("RMS")) return rmsNorm(memory, x, vector("weight"), config.normEps, 0, scale);
  return layerNorm(memory, x, vector("weight"), vector("bias"), config.normEps, scale);
}

function absentSites({ norm, positions, attnOnly, parallel, gatedMlp }: HookedConfig): SiteName[] {
  return [
    ...(positions === "none" || positions === "rotary" ? (["pos_embed"] as const) : []),
    ...(positions === "rotary" ? [] : (["attn.rot_q", "attn.rot_k"] as const)),
    ...(norm === "none"
      ? (["ln1.scale", "ln1.normalized", "ln_final.scale", "ln_final.normalized"] as const)
      : []),
    ...(norm === "none" || attnOnly ? (["ln2.scale", "ln2.normalized"] as const) : []),
    ...POST_NORM_SITES,
    ...(attnOnly || parallel ? (["resid_mid"] as const) : []),
    ...(attnOnly ? (["mlp.pre", "mlp.post", "mlp_out"] as const) : []),
    ...(attnOnly || !gatedMlp ? (["mlp.pre_linear"] as const) : []),
  ];
}

export const hookedTransformer: Architecture<HookedConfig> = {
  name: "hooked_transformer",
  parseConfig,
  weights,
  absentSites,

  blocks(context, batch) {
    const { config, weights: w, memory, taps } = context;
    const { norm, positions, activation, attnOnly, parallel, gatedMlp, scoreCap } = config;
    const makePositions = () =>
      taps.tap("pos_embed", embedding(memory, w.matrix("pos_embed.weight"), batch.positions));
    const shortformer = positions === "shortformer" ? makePositions() : undefined;
    const tokens = taps.tap("embed", embedding(memory, w.matrix("embed.weight"), batch.ids));
    let x = positions === "standard" ? memory.scope(() => add(memory, tokens, makePositions())) : tokens;
    for (let index = 0; index < config.nLayers; index++) {
      const residPre = taps.tap(blockSite(index, "resid_pre"), x);
      x = memory.scope(() => {
        const layer = openLayer(context, batch, index);
        const { tap } = layer;
        const normalised = (name: "ln1" | "ln2", tensor: Tensor) => {
          const y = normalise(
            context,
            norm,
            tensor,
            (part) => layer.vector(`${name}.${part}`),
            layer.scaleTap(name),
          );
          return norm === "none" ? y : tap(`${name}.normalized`, y);
        };
        const normed = normalised("ln1", residPre);
        const options: AttentionOptions = {
          scale: config.scale / (config.scaleByLayer ? index + 1 : 1),
          ...(positions === "rotary" && {
            rotation: { frequencies: w.vector("frequencies"), interleaved: config.interleaved },
          }),
          ...(shortformer && { valuesFrom: normed }),
          ...(scoreCap !== undefined && { softcap: scoreCap }),
        };
        const read = shortformer ? add(memory, normed, shortformer) : normed;
        const attended = add(memory, residPre, tap("attn_out", attentionSublayer(layer, read, options)));
        if (attnOnly) return tap("resid_post", attended);
        const mlpIn = normalised("ln2", parallel ? residPre : tap("resid_mid", attended));
        const mlp = gatedMlp ? gatedMlpSublayer : mlpSublayer;
        return tap("resid_post", add(memory, attended, tap("mlp_out", mlp(layer, mlpIn, activation))));
      });
    }
    return x;
  },

  head(context, residual) {
    const { config, weights: w, memory, taps } = context;
    const kind = finalNorm(config);
    const scale = scaleTap(taps, "ln_final.scale");
    const normed = normalise(context, kind, residual, (part) => w.vector(`ln_final.${part}`), scale);
    const read = kind === "none" ? normed : taps.tap("ln_final.normalized", normed);
    const logits = linear(memory, read, w.matrix("unembed.weight"), w.vectorIfAny("unembed.bias"));
    const { logitCap } = config;
    return taps.tap("logits", logitCap === undefined ? logits : softcap(memory, logits, logitCap));
  },

  anatomy(config) {
    const { nLayers, normEps: eps, attnOnly, gatedMlp, positions, logitCap } = config;
    const norm = (kind: HookedConfig["norm"]) =>
      kind === "none"
        ? undefined
        : ({ kind: kind.startsWith("RMS") ? "rms" : "layer", eps, offset: 0 } as const);
    const mlp = attnOnly ? "none" : gatedMlp ? "gated" : "plain";
    const norms = { norm: norm(config.norm), finalNorm: norm(finalNorm(config)) };
    const positionsEnterStream = positions === "standard";
    return { ...namedAnatomy({ nLayers, ...norms, mlp }), positionsEnterStream, logitCap };
  },
};
