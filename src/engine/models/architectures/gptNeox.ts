/**
 * GPT-NeoX (Black et al. 2022, arXiv 2204.06745), the architecture of Pythia: LayerNorms, rotary positions on a
 * part of each head, queries, keys and values fused head by head, attention and MLP side by side or in turn.
 *
 *   x = embed_in[token]
 *   per block, parallel:  x += attention(ln1(x)) + mlp(ln2(x));   else in turn, as GPT-2
 *   logits = ln_f(x) embed_outᵀ
 */
import type { Tensor } from "../../device/tensor";
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
import { ropeFrequencies } from "./ropeFrequencies";
import { alsoWithoutPrefix, fusedHeads, layerNormSpecs, linearSpecs, matrixSpec, valuesSpec } from "../specs";

interface GptNeoxConfig extends ModelConfig {
  readonly normEps: number;
  readonly activation: ActivationName;
  /** f32 [rotary dims / 2]. */
  readonly frequencies: Float32Array<ArrayBuffer>;
  readonly parallel: boolean;
}

function parseConfig(json: Json): GptNeoxConfig {
  const dModel = sizeField(json, ["hidden_size"]);
  const nHeads = countField(json, ["num_attention_heads"]);
  const head_dim = wholeQuotient(["hidden_size", dModel], ["num_attention_heads", nHeads]);
  const dHead = countField({ head_dim }, ["head_dim"]);
  return {
    ...{ dModel, nHeads, nKvHeads: nHeads, dHead },
    nLayers: countField(json, ["num_hidden_layers"]),
    dMlp: sizeField(json, ["intermediate_size"]),
    dVocab: sizeField(json, ["vocab_size"]),
    nCtx: sizeField(json, ["max_position_embeddings"], 2048),
    normEps: numberField(json, "layer_norm_eps", 1e-5),
    activation: choiceField(json, ["hidden_act"], ACTIVATION_NAMES, "gelu"),
    frequencies: ropeFrequencies(
      { rope_theta: json["rotary_emb_base"], ...json },
      rotaryDims(dHead, json["partial_rotary_factor"] ?? json["rotary_pct"] ?? 0.25),
    ),
    parallel: flagField(json, "use_parallel_residual", true),
  };
}

/** The share of each head's dimensions that rotates, rounded down; it must leave whole pairs. */
export function rotaryDims(dHead: number, share: unknown): number {
  const dims = typeof share === "number" ? Math.floor(dHead * share) : NaN;
  if (dims >= 2 && dims <= dHead && dims % 2 === 0) return dims;
  throw new VitrineError(
    "BadFile",
    `config.json: the rotary share ${JSON.stringify(share)} of a head of ${dHead} dimensions does not leave whole pairs`,
  );
}

function weights(config: GptNeoxConfig): WeightSpec[] {
  const { nLayers, nHeads, dHead, dModel, dMlp, dVocab, frequencies } = config;
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `gpt_neox.layers.${i}`];
    return [
      ...layerNormSpecs(`${to}.ln1`, `${from}.input_layernorm`, dModel),
      ...layerNormSpecs(`${to}.ln2`, `${from}.post_attention_layernorm`, dModel),
      ...fusedHeads(to, `${from}.attention.query_key_value`, nHeads, dModel),
      ...linearSpecs(`${to}.o`, `${from}.attention.dense`, dModel, nHeads * dHead),
      ...linearSpecs(`${to}.up`, `${from}.mlp.dense_h_to_4h`, dMlp, dModel),
      ...linearSpecs(`${to}.down`, `${from}.mlp.dense_4h_to_h`, dModel, dMlp),
    ];
  });
  return alsoWithoutPrefix("gpt_neox.", [
    matrixSpec("embed.weight", "gpt_neox.embed_in.weight", dVocab, dModel),
    ...blocks.flat(),
    ...layerNormSpecs("ln_final", "gpt_neox.final_layer_norm", dModel),
    { ...matrixSpec("unembed.weight", "embed_out.weight", dVocab, dModel), tiedTo: "embed.weight" },
    valuesSpec("frequencies", frequencies),
  ]);
}

export const gptNeox: Architecture<GptNeoxConfig> = {
  name: "gpt_neox",
  parseConfig,
  weights,
  absentSites: ({ parallel }) => [
    "pos_embed",
    "mlp.pre_linear",
    ...(parallel ? (["resid_mid"] as const) : []),
    ...POST_NORM_SITES,
  ],

  embed({ weights: w, memory, taps }, batch) {
    return taps.tap("embed", embedding(memory, w.matrix("embed.weight"), batch.ids));
  },

  block(layer, residPre) {
    const { config, weights: w, memory, tap } = layer;
    const { normEps, dHead, activation, parallel } = config;
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
    const attended = add(memory, residPre, attnOut);
    const residMid = parallel ? attended : tap("resid_mid", attended);
    const normed2 = tap("ln2.normalized", norm("ln2", parallel ? residPre : residMid));
    const mlpOut = tap("mlp_out", mlpSublayer(layer, normed2, activation));
    return tap("resid_post", add(memory, residMid, mlpOut));
  },

  head({ config, weights: w, memory, taps }, residual) {
    const { normEps } = config;
    const [weight, bias] = [w.vector("ln_final.weight"), w.vector("ln_final.bias")];
    const scale = scaleTap(taps, "ln_final.scale");
    const normed = layerNorm(memory, residual, weight, bias, normEps, scale);
    const logits = linear(memory, taps.tap("ln_final.normalized", normed), w.matrix("unembed.weight"));
    return taps.tap("logits", logits);
  },

  weightMap({ nLayers, normEps: eps }) {
    const norm = { kind: "layer", eps, offset: 0 } as const;
    return namedWeightMap({ nLayers, norm, finalNorm: norm, mlp: "plain" });
  },
};
