/**
 * GPT-J (Wang and Komatsuzaki 2021, github.com/kingoflolz/mesh-transformer-jax): attention and MLP side by side behind
 * one LayerNorm, rotary positions on neighbouring pairs of the first dimensions of each head, no biases in attention, one
 * in the unembedding.
 *
 *   x = wte[token]
 *   per block:  h = ln_1(x);  x += attention(h) + mlp(h)
 *   logits = ln_f(x) W_Uᵀ + b_U
 */
import { VitrineError } from "../../../protocol/errors";
import { ACTIVATION_NAMES, add, type ActivationName } from "../../ops/elementwise";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import { layerNorm } from "../../ops/norm";
import { namedWeightMap } from "../weightMap";
import type { Architecture, ModelConfig, WeightSpec } from "../architecture";
import {
  choiceField,
  countField,
  flagField,
  numberField,
  sizeField,
  wholeQuotient,
  type Json,
} from "../configFields";
import { attentionSublayer, mlpSublayer, POST_NORM_SITES, scaleTap } from "../layers";
import { blockName } from "../weightMap";
import { unembeddingSpec } from "./llama";
import { plainFrequencies } from "./ropeFrequencies";
import { alsoWithoutPrefix, layerNormSpecs, linearSpecs, matrixSpec, valuesSpec, vectorSpec } from "../specs";

interface GptjConfig extends ModelConfig {
  /** The unembedding is the embedding. */
  readonly tied: boolean;
  readonly normEps: number;
  readonly activation: ActivationName;
  /** f32 [rotary dims / 2]. */
  readonly frequencies: Float32Array<ArrayBuffer>;
}

function parseConfig(json: Json): GptjConfig {
  const dModel = sizeField(json, ["n_embd", "hidden_size"]);
  const nHeads = countField(json, ["n_head", "num_attention_heads"]);
  const head_dim = wholeQuotient(["n_embd", dModel], ["n_head", nHeads]);
  const dHead = countField({ head_dim }, ["head_dim"]);
  return {
    ...{ dModel, nHeads, nKvHeads: nHeads, dHead },
    nLayers: countField(json, ["n_layer", "num_hidden_layers"]),
    dMlp: sizeField(json, ["n_inner"], 4 * dModel),
    dVocab: sizeField(json, ["vocab_size"]),
    nCtx: sizeField(json, ["n_positions", "max_position_embeddings"], 2048),
    normEps: numberField(json, "layer_norm_epsilon", 1e-5),
    tied: flagField(json, "tie_word_embeddings", false),
    activation: choiceField(json, ["activation_function"], ACTIVATION_NAMES, "gelu_new"),
    frequencies: plainFrequencies(10_000, rotaryDims(json, dHead)),
  };
}

/** The first dimensions of a head, those that rotate. */
function rotaryDims(json: Json, dHead: number): number {
  // Only null means the whole head; left out it is 64.
  const dims = json["rotary_dim"] === null ? dHead : countField(json, ["rotary_dim"], 64);
  if (dims <= dHead && dims % 2 === 0) return dims;
  throw new VitrineError(
    "BadFile",
    `config.json: rotary_dim ${dims} of a head of ${dHead} dimensions does not leave whole pairs`,
  );
}

function weights(config: GptjConfig): WeightSpec[] {
  const { nLayers, dModel, dMlp, dVocab, frequencies } = config;
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `transformer.h.${i}`];
    const projection = (name: string, source: string) =>
      matrixSpec(`${to}.${name}.weight`, `${from}.attn.${source}.weight`, dModel, dModel);
    return [
      ...layerNormSpecs(`${to}.ln1`, `${from}.ln_1`, dModel),
      projection("q", "q_proj"),
      projection("k", "k_proj"),
      projection("v", "v_proj"),
      projection("o", "out_proj"),
      ...linearSpecs(`${to}.up`, `${from}.mlp.fc_in`, dMlp, dModel),
      ...linearSpecs(`${to}.down`, `${from}.mlp.fc_out`, dModel, dMlp),
    ];
  });
  return alsoWithoutPrefix("transformer.", [
    matrixSpec("embed.weight", "transformer.wte.weight", dVocab, dModel),
    ...blocks.flat(),
    ...layerNormSpecs("ln_final", "transformer.ln_f", dModel),
    unembeddingSpec(config, config.tied),
    { ...vectorSpec("unembed.bias", "lm_head.bias", dVocab), optional: true },
    valuesSpec("frequencies", frequencies),
  ]);
}

export const gptj: Architecture<GptjConfig> = {
  name: "gptj",
  parseConfig,
  weights,
  absentSites: () => [
    ...(["pos_embed", "resid_mid", "ln2.scale", "ln2.normalized", "mlp.pre_linear"] as const),
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
      rotation: { frequencies: w.vector("frequencies"), interleaved: true },
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
