/**
 * Gemma 2 (Gemma Team 2024, arXiv 2408.00118), also the forward pass of Gemma 3: embeddings times sqrt(dModel),
 * RMS norms before and after each sublayer with weights stored less one, a gated tanh-GELU MLP, soft caps on
 * scores and logits, every other layer attending to a sliding window.
 *
 *   x = embed[token] sqrt(dModel)
 *   per block:  x += norm(attention(norm(x)));  x += norm(mlp(norm(x)))
 *   logits = softcap(norm(x) embedᵀ)
 */
import type { Tensor } from "../../device/tensor";
import { ACTIVATION_NAMES, add, scale, softcap, type ActivationName } from "../../ops/elementwise";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import { rmsNorm } from "../../ops/norm";
import { namedWeightMap } from "../weightMap";
import type { Architecture, ModelConfig, WeightSpec } from "../architecture";
import { choiceField, flagField, numberField, type Json } from "../configFields";
import { attentionSublayer, gatedMlpSublayer, scaleTap } from "../layers";
import { blockName } from "../weightMap";
import { layerWindows } from "./layerWindows";
import { decoderSizes, tiedField, unembeddingSpec } from "./llama";
import { ropeFrequencies } from "./ropeFrequencies";
import { alsoWithoutPrefix, linearSpecs, matrixSpec, valuesSpec, vectorSpec } from "../specs";

export interface GemmaConfig extends ModelConfig {
  readonly normEps: number;
  /** 1 where the file stores norm weights less one, as Hugging Face's do; 0 where it stores them whole (GGUF). */
  readonly normOffset: number;
  readonly activation: ActivationName;
  /** f32 [dHead / 2], of layers that see everything. */
  readonly frequencies: Float32Array<ArrayBuffer>;
  /** f32 [dHead / 2], of layers that see a window. */
  readonly localFrequencies: Float32Array<ArrayBuffer>;
  readonly scale: number;
  readonly headNorm: boolean;
  readonly scoreCap: number | undefined;
  readonly logitCap: number | undefined;
  readonly tied: boolean | undefined;
}

function capField(json: Json, name: string, fallback: number | undefined): number | undefined {
  if (json[name] === null || (json[name] === undefined && fallback === undefined)) return undefined;
  return numberField(json, name, fallback ?? 0);
}

/** What Gemma 2 and 3 read alike. */
export function parseGemmaConfig(
  json: Json,
  caps: { readonly scores: number | undefined; readonly logits: number | undefined },
): Omit<GemmaConfig, "headNorm" | "frequencies" | "localFrequencies"> {
  const sizes = decoderSizes({ head_dim: 256, ...json });
  return {
    ...sizes,
    normEps: numberField(json, "rms_norm_eps", 1e-6),
    normOffset: flagField(json, "norm_weights_include_one", false) ? 0 : 1,
    activation: choiceField(json, ["hidden_activation", "hidden_act"], ACTIVATION_NAMES, "gelu_pytorch_tanh"),
    scale: numberField(json, "query_pre_attn_scalar", 256) ** -0.5,
    scoreCap: capField(json, "attn_logit_softcapping", caps.scores),
    logitCap: capField(json, "final_logit_softcapping", caps.logits),
    tied: tiedField(json) ?? true,
  };
}

function weights(config: GemmaConfig): WeightSpec[] {
  const { nLayers, nHeads, nKvHeads, dHead, dModel, dMlp, dVocab } = config;
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `model.layers.${i}`];
    const norm = (name: string, source: string, size = dModel) =>
      vectorSpec(`${to}.${name}.weight`, `${from}.${source}.weight`, size);
    return [
      norm("ln1", "input_layernorm"),
      norm("ln1_post", "post_attention_layernorm"),
      norm("ln2", "pre_feedforward_layernorm"),
      norm("ln2_post", "post_feedforward_layernorm"),
      ...(config.headNorm
        ? [norm("q_norm", "self_attn.q_norm", dHead), norm("k_norm", "self_attn.k_norm", dHead)]
        : []),
      ...linearSpecs(`${to}.q`, `${from}.self_attn.q_proj`, nHeads * dHead, dModel),
      ...linearSpecs(`${to}.k`, `${from}.self_attn.k_proj`, nKvHeads * dHead, dModel),
      ...linearSpecs(`${to}.v`, `${from}.self_attn.v_proj`, nKvHeads * dHead, dModel),
      ...linearSpecs(`${to}.o`, `${from}.self_attn.o_proj`, dModel, nHeads * dHead),
      ...linearSpecs(`${to}.gate`, `${from}.mlp.gate_proj`, dMlp, dModel),
      ...linearSpecs(`${to}.up`, `${from}.mlp.up_proj`, dMlp, dModel),
      ...linearSpecs(`${to}.down`, `${from}.mlp.down_proj`, dModel, dMlp),
    ];
  });
  return alsoWithoutPrefix("model.", [
    matrixSpec("embed.weight", "model.embed_tokens.weight", dVocab, dModel),
    ...blocks.flat(),
    vectorSpec("ln_final.weight", "model.norm.weight", dModel),
    unembeddingSpec(config, config.tied),
    valuesSpec("frequencies", config.frequencies),
    valuesSpec("localFrequencies", config.localFrequencies),
  ]);
}

export const gemma2: Architecture<GemmaConfig> = {
  name: "gemma2",
  weights,
  absentSites: () => ["pos_embed"],

  parseConfig(json) {
    const config = parseGemmaConfig(json, { scores: 50, logits: 30 });
    const windows = layerWindows({ sliding_window: 4096, ...json }, config, (layer) => layer % 2 === 0);
    const frequencies = ropeFrequencies(json, config.dHead);
    return {
      ...config,
      ...(windows && { windows }),
      frequencies,
      localFrequencies: frequencies,
      headNorm: false,
    };
  },

  embed({ config, weights: w, memory, taps }, batch) {
    return taps.tap(
      "embed",
      scale(memory, embedding(memory, w.matrix("embed.weight"), batch.ids), Math.sqrt(config.dModel)),
    );
  },

  block(layer, residPre) {
    const { config, weights: w, memory, tap, index } = layer;
    const { normEps: eps, normOffset, scoreCap } = config;
    const isLocal = config.windows?.[index] !== undefined;
    const norm = (name: "ln1" | "ln1_post" | "ln2" | "ln2_post", tensor: Tensor) =>
      rmsNorm(memory, tensor, layer.vector(`${name}.weight`), eps, normOffset, layer.scaleTap(name));
    const attended = attentionSublayer(layer, tap("ln1.normalized", norm("ln1", residPre)), {
      scale: config.scale,
      rotation: {
        frequencies: w.vector(isLocal ? "localFrequencies" : "frequencies"),
        interleaved: false,
      },
      ...(config.headNorm ? { headNorm: { eps, weightOffset: normOffset } } : {}),
      ...(scoreCap === undefined ? {} : { softcap: scoreCap }),
    });
    const residMid = tap("resid_mid", add(memory, residPre, tap("attn_out", norm("ln1_post", attended))));
    const mlp = gatedMlpSublayer(layer, tap("ln2.normalized", norm("ln2", residMid)), config.activation);
    return tap("resid_post", add(memory, residMid, tap("mlp_out", norm("ln2_post", mlp))));
  },

  head({ config, weights: w, memory, taps }, residual) {
    const { normEps, normOffset, logitCap } = config;
    const weight = w.vector("ln_final.weight");
    const scale = scaleTap(taps, "ln_final.scale");
    const normed = rmsNorm(memory, residual, weight, normEps, normOffset, scale);
    const logits = linear(memory, taps.tap("ln_final.normalized", normed), w.matrix("unembed.weight"));
    return taps.tap("logits", logitCap === undefined ? logits : softcap(memory, logits, logitCap));
  },

  weightMap({ nLayers, dModel, normEps: eps, normOffset: offset, logitCap }) {
    const norm = { kind: "rms", eps, offset } as const;
    return {
      ...namedWeightMap({ nLayers, norm, finalNorm: norm, mlp: "gated", postNorms: true }),
      embedScale: Math.sqrt(dModel),
      logitCap,
    };
  },
};
