/**
 * StarCoder 2 (Lozhkov et al. 2024, arXiv 2402.19173): LayerNorms, rotary positions, grouped-query attention over a
 * sliding window, an MLP without a gate, biases everywhere but in the unembedding, which is the embedding.
 *
 *   x = embed[token]
 *   per block:  x += attention(ln1(x));  x += gelu(ln2(x) W_fc + b) W_proj + b
 *   logits = ln_f(x) W_Uᵀ
 */
import type { Tensor } from "../../device/tensor";
import { ACTIVATION_NAMES, add, type ActivationName } from "../../ops/elementwise";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import { layerNorm } from "../../ops/norm";
import { namedWeightMap } from "../weightMap";
import type { Architecture, ModelConfig, WeightSpec } from "../architecture";
import { choiceField, flagField, numberField, type Json } from "../configFields";
import { attentionSublayer, mlpSublayer, POST_NORM_SITES, scaleTap } from "../layers";
import { blockName } from "../weightMap";
import { layerWindows } from "./layerWindows";
import { decoderSizes, tiedField, unembeddingSpec } from "./llama";
import { ropeFrequencies } from "./ropeFrequencies";
import { alsoWithoutPrefix, layerNormSpecs, linearSpecs, matrixSpec, valuesSpec } from "../specs";

interface Starcoder2Config extends ModelConfig {
  readonly normEps: number;
  readonly activation: ActivationName;
  /** f32 [dHead / 2]. */
  readonly frequencies: Float32Array<ArrayBuffer>;
  readonly tied: boolean;
  /** Linear layers have biases; undefined: those that the file has. */
  readonly biased: boolean | undefined;
}

function parseConfig(json: Json): Starcoder2Config {
  const sizes = decoderSizes(json);
  const windows = layerWindows(json, sizes, () => true);
  return {
    ...sizes,
    ...(windows && { windows }),
    normEps: numberField(json, "norm_epsilon", 1e-5),
    activation: choiceField(json, ["hidden_act"], ACTIVATION_NAMES, "gelu_pytorch_tanh"),
    frequencies: ropeFrequencies(json, sizes.dHead),
    tied: tiedField(json) ?? true,
    biased: json["use_bias"] == null ? undefined : flagField(json, "use_bias", true),
  };
}

function weights(config: Starcoder2Config): WeightSpec[] {
  const { nLayers, nHeads, nKvHeads, dHead, dModel, dMlp, dVocab, biased } = config;
  const linears = (name: string, source: string, out: number, inner: number): WeightSpec[] =>
    linearSpecs(name, source, out, inner)
      .filter(({ kind }) => kind === "matrix" || biased !== false)
      .map((spec) => (spec.kind === "vector" && biased ? { ...spec, optional: false } : spec));
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `model.layers.${i}`];
    return [
      ...layerNormSpecs(`${to}.ln1`, `${from}.input_layernorm`, dModel),
      ...linears(`${to}.q`, `${from}.self_attn.q_proj`, nHeads * dHead, dModel),
      ...linears(`${to}.k`, `${from}.self_attn.k_proj`, nKvHeads * dHead, dModel),
      ...linears(`${to}.v`, `${from}.self_attn.v_proj`, nKvHeads * dHead, dModel),
      ...linears(`${to}.o`, `${from}.self_attn.o_proj`, dModel, nHeads * dHead),
      ...layerNormSpecs(`${to}.ln2`, `${from}.post_attention_layernorm`, dModel),
      ...linears(`${to}.up`, `${from}.mlp.c_fc`, dMlp, dModel),
      ...linears(`${to}.down`, `${from}.mlp.c_proj`, dModel, dMlp),
    ];
  });
  return alsoWithoutPrefix("model.", [
    matrixSpec("embed.weight", "model.embed_tokens.weight", dVocab, dModel),
    ...blocks.flat(),
    ...layerNormSpecs("ln_final", "model.norm", dModel),
    unembeddingSpec(config, config.tied),
    valuesSpec("frequencies", config.frequencies),
  ]);
}

export const starcoder2: Architecture<Starcoder2Config> = {
  name: "starcoder2",
  parseConfig,
  weights,
  absentSites: () => ["pos_embed", "mlp.pre_linear", ...POST_NORM_SITES],

  embed({ weights: w, memory, taps }, batch) {
    return taps.tap("embed", embedding(memory, w.matrix("embed.weight"), batch.ids));
  },

  block(layer, residPre) {
    const { config, weights: w, memory, tap } = layer;
    const { normEps, dHead, activation } = config;
    const attentionOptions = {
      scale: dHead ** -0.5,
      rotation: { frequencies: w.vector("frequencies"), interleaved: false },
    };
    const norm = (name: "ln1" | "ln2", tensor: Tensor) => {
      const [weight, bias] = [layer.vector(`${name}.weight`), layer.vector(`${name}.bias`)];
      return layerNorm(memory, tensor, weight, bias, normEps, layer.scaleTap(name));
    };
    const normed = tap("ln1.normalized", norm("ln1", residPre));
    const attnOut = tap("attn_out", attentionSublayer(layer, normed, attentionOptions));
    const residMid = tap("resid_mid", add(memory, residPre, attnOut));
    const normed2 = tap("ln2.normalized", norm("ln2", residMid));
    const mlpOut = tap("mlp_out", mlpSublayer(layer, normed2, activation));
    return tap("resid_post", add(memory, residMid, mlpOut));
  },

  head({ config, weights: w, memory, taps }, residual) {
    const [weight, bias] = [w.vector("ln_final.weight"), w.vector("ln_final.bias")];
    const scale = scaleTap(taps, "ln_final.scale");
    const normed = layerNorm(memory, residual, weight, bias, config.normEps, scale);
    const logits = linear(memory, taps.tap("ln_final.normalized", normed), w.matrix("unembed.weight"));
    return taps.tap("logits", logits);
  },

  weightMap({ nLayers, normEps: eps }) {
    const norm = { kind: "layer", eps, offset: 0 } as const;
    return namedWeightMap({ nLayers, norm, finalNorm: norm, mlp: "plain" });
  },
};
