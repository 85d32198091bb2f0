/**
 * BLOOM (BigScience 2022, arXiv 2211.05100): no position embeddings, but scores that fall with distance (ALiBi: Press et
 * al. 2022, arXiv 2108.12409), and a LayerNorm behind the token embedding. Queries, keys and values are fused head by
 * head, the unembedding is the embedding.
 *
 *   x = ln_e(word_embeddings[token])
 *   per block:  x += attention(ln1(x));  x += mlp(ln2(x))
 *     or, with `apply_residual_connection_post_layernorm`:  h = ln1(x);  x = h + attention(h);  likewise the MLP
 *   logits = ln_f(x) word_embeddingsᵀ
 */
import type { Tensor } from "../../device/tensor";
import { add } from "../../ops/elementwise";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import { layerNorm } from "../../ops/norm";
import { namedWeightMap } from "../weightMap";
import type { Architecture, ModelConfig, WeightSpec } from "../architecture";
import { countField, flagField, numberField, sizeField, wholeQuotient, type Json } from "../configFields";
import { attentionSublayer, mlpSublayer, POST_NORM_SITES, scaleTap } from "../layers";
import { blockName } from "../weightMap";
import { unembeddingSpec } from "./llama";
import { alsoWithoutPrefix, fusedHeads, layerNormSpecs, linearSpecs, matrixSpec } from "../specs";

interface BloomConfig extends ModelConfig {
  /** The unembedding is the embedding. */
  readonly tied: boolean;
  readonly normEps: number;
  /** Sublayers are added to what their norm gives, not to what it reads. */
  readonly addsToNormed: boolean;
}

function parseConfig(json: Json): BloomConfig {
  const dModel = sizeField(json, ["n_embed", "hidden_size"]);
  const nHeads = countField(json, ["n_head", "num_attention_heads"]);
  const head_dim = wholeQuotient(["hidden_size", dModel], ["n_head", nHeads]);
  return {
    ...{ dModel, nHeads, nKvHeads: nHeads, dHead: countField({ head_dim }, ["head_dim"]) },
    nLayers: countField(json, ["n_layer", "num_hidden_layers"]),
    // `n_inner` stands in the files, and nothing reads it.
    dMlp: 4 * dModel,
    dVocab: sizeField(json, ["vocab_size"]),
    // What it was trained with; the scores themselves know no end.
    nCtx: sizeField(json, ["seq_length"], 2048),
    maxAlibiBias: 8,
    normEps: numberField(json, "layer_norm_epsilon", 1e-5),
    tied: flagField(json, "tie_word_embeddings", true),
    addsToNormed: flagField(json, "apply_residual_connection_post_layernorm", false),
  };
}

function weights(config: BloomConfig): WeightSpec[] {
  const { nLayers, nHeads, dModel, dMlp, dVocab } = config;
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `transformer.h.${i}`];
    return [
      ...layerNormSpecs(`${to}.ln1`, `${from}.input_layernorm`, dModel),
      ...fusedHeads(to, `${from}.self_attention.query_key_value`, nHeads, dModel),
      ...linearSpecs(`${to}.o`, `${from}.self_attention.dense`, dModel, dModel),
      ...layerNormSpecs(`${to}.ln2`, `${from}.post_attention_layernorm`, dModel),
      ...linearSpecs(`${to}.up`, `${from}.mlp.dense_h_to_4h`, dMlp, dModel),
      ...linearSpecs(`${to}.down`, `${from}.mlp.dense_4h_to_h`, dModel, dMlp),
    ];
  });
  return alsoWithoutPrefix("transformer.", [
    matrixSpec("embed.weight", "transformer.word_embeddings.weight", dVocab, dModel),
    ...layerNormSpecs("ln_embed", "transformer.word_embeddings_layernorm", dModel),
    ...blocks.flat(),
    ...layerNormSpecs("ln_final", "transformer.ln_f", dModel),
    unembeddingSpec(config, config.tied),
  ]);
}

export const bloom: Architecture<BloomConfig> = {
  name: "bloom",
  parseConfig,
  weights,
  absentSites: () => ["pos_embed", "attn.rot_q", "attn.rot_k", "mlp.pre_linear", ...POST_NORM_SITES],

  embed({ config, weights: w, memory, taps }, batch) {
    const { normEps } = config;
    const tokens = embedding(memory, w.matrix("embed.weight"), batch.ids);
    const [weight, bias] = [w.vector("ln_embed.weight"), w.vector("ln_embed.bias")];
    return taps.tap("embed", layerNorm(memory, tokens, weight, bias, normEps));
  },

  block(layer, residPre) {
    const { config, memory, tap } = layer;
    const { normEps, dHead, addsToNormed } = config;
    const norm = (name: "ln1" | "ln2", tensor: Tensor) => {
      const [weight, bias] = [layer.vector(`${name}.weight`), layer.vector(`${name}.bias`)];
      return layerNorm(memory, tensor, weight, bias, normEps, layer.scaleTap(name));
    };
    const normed = tap("ln1.normalized", norm("ln1", residPre));
    const attnOut = tap("attn_out", attentionSublayer(layer, normed, { scale: dHead ** -0.5 }));
    const residMid = tap("resid_mid", add(memory, addsToNormed ? normed : residPre, attnOut));
    const normed2 = tap("ln2.normalized", norm("ln2", residMid));
    // Its own GELU is this one: 0.79788456 is sqrt(2 / π).
    const mlpOut = tap("mlp_out", mlpSublayer(layer, normed2, "gelu_new"));
    return tap("resid_post", add(memory, addsToNormed ? normed2 : residMid, mlpOut));
  },

  head({ config, weights: w, memory, taps }, residual) {
    const [weight, bias] = [w.vector("ln_final.weight"), w.vector("ln_final.bias")];
    const scale = scaleTap(taps, "ln_final.scale");
    const normed = layerNorm(memory, residual, weight, bias, config.normEps, scale);
    const logits = linear(memory, taps.tap("ln_final.normalized", normed), w.matrix("unembed.weight"));
    return taps.tap("logits", logits);
  },

  weightMap({ nLayers, normEps: eps, addsToNormed }) {
    const norm = { kind: "layer", eps, offset: 0 } as const;
    return {
      ...namedWeightMap({ nLayers, norm, finalNorm: norm, mlp: "plain" }),
      embedNorm: { ...norm, name: "ln_embed" },
      ...(addsToNormed && {
        indirect: "its blocks pass on what their norms give, and not the residual stream as it was",
      }),
    };
  },
};
