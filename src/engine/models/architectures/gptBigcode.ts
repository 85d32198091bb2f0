/**
 * GPT-BigCode (Ben Allal et al. 2023, "SantaCoder", arXiv 2301.03988; StarCoder, arXiv 2305.06161): GPT-2 whose heads
 * share one key and one value (multi-query attention: Shazeer 2019, arXiv 1911.02150), with matrices stored as [out, in].
 *
 *   x = wte[token] + wpe[position]
 *   per block:  x += attention(ln_1(x));  x += mlp(ln_2(x))
 *   logits = ln_f(x) wteᵀ
 */
import type { Tensor } from "../../device/tensor";
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
import { alsoWithoutPrefix, fusedHeads, layerNormSpecs, linearSpecs, matrixSpec } from "../specs";

interface GptBigcodeConfig extends ModelConfig {
  /** The unembedding is the embedding. */
  readonly tied: boolean;
  readonly normEps: number;
  readonly activation: ActivationName;
  readonly multiQuery: boolean;
  /** Scores are divided by sqrt(dHead). */
  readonly scaled: boolean;
}

function parseConfig(json: Json): GptBigcodeConfig {
  const dModel = sizeField(json, ["n_embd", "hidden_size"]);
  const nHeads = countField(json, ["n_head", "num_attention_heads"]);
  const head_dim = wholeQuotient(["n_embd", dModel], ["n_head", nHeads]);
  const multiQuery = flagField(json, "multi_query", true);
  return {
    ...{ dModel, nHeads, multiQuery, nKvHeads: multiQuery ? 1 : nHeads },
    dHead: countField({ head_dim }, ["head_dim"]),
    nLayers: countField(json, ["n_layer", "num_hidden_layers"]),
    dMlp: sizeField(json, ["n_inner", "intermediate_size"], 4 * dModel),
    dVocab: sizeField(json, ["vocab_size"]),
    nCtx: sizeField(json, ["n_positions", "max_position_embeddings"], 1024),
    normEps: numberField(json, "layer_norm_epsilon", 1e-5),
    tied: flagField(json, "tie_word_embeddings", true),
    activation: choiceField(json, ["activation_function"], ACTIVATION_NAMES, "gelu_pytorch_tanh"),
    scaled: flagField(json, "scale_attn_weights", true),
  };
}

/** One key and one value behind the queries of all heads; or query, key and value of each head side by side. */
function projections(config: GptBigcodeConfig, to: string, source: string): WeightSpec[] {
  const { nHeads, dHead, dModel, multiQuery } = config;
  if (!multiQuery) return fusedHeads(to, source, nHeads, dModel);
  const part = (name: string, take: readonly number[]) =>
    linearSpecs(`${to}.${name}`, source, take.length * dHead, dModel).map((spec): WeightSpec => {
      return { ...spec, blocks: { of: nHeads + 2, take } };
    });
  const queries = Array.from({ length: nHeads }, (_, head) => head);
  return [...part("q", queries), ...part("k", [nHeads]), ...part("v", [nHeads + 1])];
}

function weights(config: GptBigcodeConfig): WeightSpec[] {
  const { nLayers, dModel, dMlp, dVocab, nCtx } = config;
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `transformer.h.${i}`];
    return [
      ...layerNormSpecs(`${to}.ln1`, `${from}.ln_1`, dModel),
      ...projections(config, to, `${from}.attn.c_attn`),
      ...linearSpecs(`${to}.o`, `${from}.attn.c_proj`, dModel, dModel),
      ...layerNormSpecs(`${to}.ln2`, `${from}.ln_2`, dModel),
      ...linearSpecs(`${to}.up`, `${from}.mlp.c_fc`, dMlp, dModel),
      ...linearSpecs(`${to}.down`, `${from}.mlp.c_proj`, dModel, dMlp),
    ];
  });
  return alsoWithoutPrefix("transformer.", [
    matrixSpec("embed.weight", "transformer.wte.weight", dVocab, dModel),
    matrixSpec("pos_embed.weight", "transformer.wpe.weight", nCtx, dModel),
    ...blocks.flat(),
    ...layerNormSpecs("ln_final", "transformer.ln_f", dModel),
    unembeddingSpec(config, config.tied),
  ]);
}

export const gptBigcode: Architecture<GptBigcodeConfig> = {
  name: "gpt_bigcode",
  parseConfig,
  weights,
  absentSites: () => ["attn.rot_q", "attn.rot_k", "mlp.pre_linear", ...POST_NORM_SITES],

  embed({ weights: w, memory, taps }, batch) {
    const tokens = taps.tap("embed", embedding(memory, w.matrix("embed.weight"), batch.ids));
    const positions = embedding(memory, w.matrix("pos_embed.weight"), batch.positions);
    return add(memory, tokens, taps.tap("pos_embed", positions));
  },

  block(layer, residPre) {
    const { config, memory, tap } = layer;
    const { normEps, activation, dHead, scaled } = config;
    const attentionOptions = { scale: scaled ? dHead ** -0.5 : 1 };
    const norm = (name: "ln1" | "ln2", tensor: Tensor) => {
      const [weight, bias] = [layer.vector(`${name}.weight`), layer.vector(`${name}.bias`)];
      return layerNorm(memory, tensor, weight, bias, normEps, layer.scaleTap(name));
    };
    const normed = tap("ln1.normalized", norm("ln1", residPre));
    const attnOut = tap("attn_out", attentionSublayer(layer, normed, attentionOptions));
    const residMid = tap("resid_mid", add(memory, residPre, attnOut));
    const mlpOut = mlpSublayer(layer, tap("ln2.normalized", norm("ln2", residMid)), activation);
    return tap("resid_post", add(memory, residMid, tap("mlp_out", mlpOut)));
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
    return {
      ...namedWeightMap({ nLayers, norm, finalNorm: norm, mlp: "plain" }),
      positionsEnterStream: true,
    };
  },
};
