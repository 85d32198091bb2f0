/**
 * Phi 1, 1.5 and 2 (Li et al. 2023, arXiv 2309.05463): attention and MLP side by side behind one LayerNorm, rotary
 * positions on a part of each head, biases everywhere, the unembedding's included.
 *
 *   x = embed[token]
 *   per block:  h = ln(x);  x += attention(h) + mlp(h)
 *   logits = ln_f(x) W_Uᵀ + b_U
 */
import { VitrineError } from "../../../protocol/errors";
import { ACTIVATION_NAMES, add, type ActivationName } from "../../ops/elementwise";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import { layerNorm } from "../../ops/norm";
import { namedWeightMap } from "../weightMap";
import type { Architecture, ModelConfig, WeightSpec } from "../architecture";
import { choiceField, flagField, numberField, type Json } from "../configFields";
import { rotaryDims } from "./gptNeox";
import { attentionSublayer, mlpSublayer, POST_NORM_SITES, scaleTap } from "../layers";
import { blockName } from "../weightMap";
import { decoderSizes } from "./llama";
import { ropeFrequencies } from "./ropeFrequencies";
import { alsoWithoutPrefix, layerNormSpecs, linearSpecs, matrixSpec, valuesSpec, vectorSpec } from "../specs";

interface PhiConfig extends ModelConfig {
  readonly normEps: number;
  readonly activation: ActivationName;
  /** f32 [rotary dims / 2]. */
  readonly frequencies: Float32Array<ArrayBuffer>;
}

function parseConfig(json: Json): PhiConfig {
  const sizes = decoderSizes(json);
  if (flagField(json, "qk_layernorm", false)) {
    throw new VitrineError(
      "Unsupported",
      "config.json: qk_layernorm is true; Vitrine runs phi without norms on queries and keys",
    );
  }
  return {
    ...sizes,
    normEps: numberField(json, "layer_norm_eps", 1e-5),
    activation: choiceField(json, ["hidden_act"], ACTIVATION_NAMES, "gelu_new"),
    frequencies: ropeFrequencies(json, rotaryDims(sizes.dHead, json["partial_rotary_factor"] ?? 0.5)),
  };
}

function weights({
  nLayers,
  nHeads,
  nKvHeads,
  dHead,
  dModel,
  dMlp,
  dVocab,
  frequencies,
}: PhiConfig): WeightSpec[] {
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `model.layers.${i}`];
    return [
      ...layerNormSpecs(`${to}.ln1`, `${from}.input_layernorm`, dModel),
      ...linearSpecs(`${to}.q`, `${from}.self_attn.q_proj`, nHeads * dHead, dModel),
      ...linearSpecs(`${to}.k`, `${from}.self_attn.k_proj`, nKvHeads * dHead, dModel),
      ...linearSpecs(`${to}.v`, `${from}.self_attn.v_proj`, nKvHeads * dHead, dModel),
      ...linearSpecs(`${to}.o`, `${from}.self_attn.dense`, dModel, nHeads * dHead),
      ...linearSpecs(`${to}.up`, `${from}.mlp.fc1`, dMlp, dModel),
      ...linearSpecs(`${to}.down`, `${from}.mlp.fc2`, dModel, dMlp),
    ];
  });
  return alsoWithoutPrefix("model.", [
    matrixSpec("embed.weight", "model.embed_tokens.weight", dVocab, dModel),
    ...blocks.flat(),
    ...layerNormSpecs("ln_final", "model.final_layernorm", dModel),
    { ...matrixSpec("unembed.weight", "lm_head.weight", dVocab, dModel), tiedTo: "embed.weight" },
    { ...vectorSpec("unembed.bias", "lm_head.bias", dVocab), optional: true },
    valuesSpec("frequencies", frequencies),
  ]);
}

export const phi: Architecture<PhiConfig> = {
  name: "phi",
  parseConfig,
  weights,
  absentSites: () => [
    "pos_embed",
    "resid_mid",
    "ln2.scale",
    "ln2.normalized",
    "mlp.pre_linear",
    ...POST_NORM_SITES,
  ],

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
    const [weight, bias] = [layer.vector("ln1.weight"), layer.vector("ln1.bias")];
    const scale = layer.scaleTap("ln1");
    const normed = tap("ln1.normalized", layerNorm(memory, residPre, weight, bias, normEps, scale));
    const attnOut = tap("attn_out", attentionSublayer(layer, normed, attentionOptions));
    const mlpOut = tap("mlp_out", mlpSublayer(layer, normed, activation));
    return tap("resid_post", add(memory, add(memory, residPre, attnOut), mlpOut));
  },

  head({ config, weights: w, memory, taps }, residual) {
    const [weight, bias] = [w.vector("ln_final.weight"), w.vector("ln_final.bias")];
    const scale = scaleTap(taps, "ln_final.scale");
    const normed = layerNorm(memory, residual, weight, bias, config.normEps, scale);
    const read = taps.tap("ln_final.normalized", normed);
    const logits = linear(memory, read, w.matrix("unembed.weight"), w.vectorIfAny("unembed.bias"));
    return taps.tap("logits", logits);
  },

  weightMap({ nLayers, normEps: eps }) {
    const norm = { kind: "layer", eps, offset: 0 } as const;
    return namedWeightMap({ nLayers, norm, finalNorm: norm, mlp: "plain", mlpNorm: "ln1" });
  },
};
