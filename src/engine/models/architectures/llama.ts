/**
 * Llama (Touvron et al. 2023, arXiv 2302.13971, 2307.09288): RMS norm before each sublayer, rotary positions,
 * grouped-query attention, a gated SiLU MLP, no biases unless the checkpoint has them. Mistral, Qwen, Gemma 1 and
 * Phi 3 differ in options only and share this file's forward pass.
 *
 *   x = embed[token]
 *   per block:  x += attention(norm(x));  x += (silu(h W_gate) * h W_up) W_down  with h = norm(x)
 *   logits = norm(x) W_Uᵀ
 */
import type { Tensor } from "../../device/tensor";
import { VitrineError } from "../../../protocol/errors";
import { ACTIVATION_NAMES, add, scale, type ActivationName } from "../../ops/elementwise";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import { rmsNorm } from "../../ops/norm";
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
import { attentionSublayer, gatedMlpSublayer, POST_NORM_SITES, scaleTap } from "../layers";
import { blockName } from "../weightMap";
import { ropeFrequencies } from "./ropeFrequencies";
import { alsoWithoutPrefix, linearSpecs, matrixSpec, valuesSpec, vectorSpec } from "../specs";

export interface LlamaConfig extends ModelConfig {
  readonly normEps: number;
  /** 1 where the file stores norm weights less one (Gemma). */
  readonly normOffset: number;
  /** What embeddings are multiplied by before they enter the residual stream (Gemma). */
  readonly embedScale: number;
  readonly activation: ActivationName;
  /** f32 [rotary dims / 2]. */
  readonly frequencies: Float32Array<ArrayBuffer>;
  /** Likewise, of texts longer than `shortContext`. */
  readonly longFrequencies?: Float32Array<ArrayBuffer>;
  /** What rotation makes longer on the way (LongRoPE). */
  readonly rotaryMagnitude: number;
  /** Queries and keys of each head are normalised (Qwen 3). */
  readonly headNorm: boolean;
  /** The unembedding is the embedding; undefined: if the checkpoint has no other. */
  readonly tied: boolean | undefined;
}

/** Sizes of a decoder with grouped-query attention, by their usual names. */
export function decoderSizes(json: Json): ModelConfig {
  const dModel = sizeField(json, ["hidden_size"]);
  const nHeads = countField(json, ["num_attention_heads"]);
  const nKvHeads = countField(json, ["num_key_value_heads"], nHeads);
  wholeQuotient(["num_attention_heads", nHeads], ["num_key_value_heads", nKvHeads]);
  const dHead = countField(json, ["head_dim"], Math.floor(dModel / nHeads));
  if (dHead % 2 !== 0)
    throw new VitrineError("BadFile", `config.json: head_dim ${dHead} is odd; rotary positions need pairs`);
  return {
    ...{ dModel, nHeads, nKvHeads, dHead },
    nLayers: countField(json, ["num_hidden_layers"]),
    dMlp: sizeField(json, ["intermediate_size"]),
    dVocab: sizeField(json, ["vocab_size"]),
    nCtx: sizeField(json, ["max_position_embeddings"], 2048),
  };
}

export function tiedField(json: Json): boolean | undefined {
  return json["tie_word_embeddings"] == null ? undefined : flagField(json, "tie_word_embeddings", false);
}

/** The unembedding `lm_head.weight`, or the embedding in its place where the config allows it. */
export function unembeddingSpec({ dVocab, dModel }: ModelConfig, tied: boolean | undefined): WeightSpec {
  const own = matrixSpec("unembed.weight", "lm_head.weight", dVocab, dModel);
  if (tied === false) return own;
  return { ...own, sources: tied ? [] : own.sources, tiedTo: "embed.weight" };
}

export function parseLlamaConfig(json: Json): LlamaConfig {
  const sizes = decoderSizes(json);
  return {
    ...sizes,
    normEps: numberField(json, "rms_norm_eps", 1e-6),
    normOffset: 0,
    embedScale: 1,
    activation: choiceField(json, ["hidden_act"], ACTIVATION_NAMES, "silu"),
    frequencies: ropeFrequencies(json, sizes.dHead),
    rotaryMagnitude: 1,
    headNorm: false,
    tied: tiedField(json),
  };
}

function weights(config: LlamaConfig): WeightSpec[] {
  const { nLayers, nHeads, nKvHeads, dHead, dModel, dMlp, dVocab, headNorm, frequencies, tied } = config;
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `model.layers.${i}`];
    return [
      vectorSpec(`${to}.ln1.weight`, `${from}.input_layernorm.weight`, dModel),
      ...linearSpecs(`${to}.q`, `${from}.self_attn.q_proj`, nHeads * dHead, dModel),
      ...linearSpecs(`${to}.k`, `${from}.self_attn.k_proj`, nKvHeads * dHead, dModel),
      ...linearSpecs(`${to}.v`, `${from}.self_attn.v_proj`, nKvHeads * dHead, dModel),
      ...linearSpecs(`${to}.o`, `${from}.self_attn.o_proj`, dModel, nHeads * dHead),
      ...(headNorm
        ? [
            vectorSpec(`${to}.q_norm.weight`, `${from}.self_attn.q_norm.weight`, dHead),
            vectorSpec(`${to}.k_norm.weight`, `${from}.self_attn.k_norm.weight`, dHead),
          ]
        : []),
      vectorSpec(`${to}.ln2.weight`, `${from}.post_attention_layernorm.weight`, dModel),
      ...linearSpecs(`${to}.gate`, `${from}.mlp.gate_proj`, dMlp, dModel),
      ...linearSpecs(`${to}.up`, `${from}.mlp.up_proj`, dMlp, dModel),
      ...linearSpecs(`${to}.down`, `${from}.mlp.down_proj`, dModel, dMlp),
    ];
  });
  return alsoWithoutPrefix("model.", [
    matrixSpec("embed.weight", "model.embed_tokens.weight", dVocab, dModel),
    ...blocks.flat(),
    vectorSpec("ln_final.weight", "model.norm.weight", dModel),
    unembeddingSpec(config, tied),
    valuesSpec("frequencies", frequencies),
  ]);
}

export const llama: Architecture<LlamaConfig> = {
  name: "llama",
  parseConfig: parseLlamaConfig,
  weights,
  absentSites: () => ["pos_embed", ...POST_NORM_SITES],

  embed({ config, weights: w, memory, taps }, batch) {
    const { embedScale } = config;
    const rows = embedding(memory, w.matrix("embed.weight"), batch.ids);
    return taps.tap("embed", embedScale === 1 ? rows : scale(memory, rows, embedScale));
  },

  block(layer, residPre) {
    const { config, weights: w, memory, tap, batch } = layer;
    const { normEps, normOffset, dHead, headNorm, activation } = config;
    const attentionOptions = {
      scale: dHead ** -0.5,
      rotation: {
        frequencies: w.vector(batch.isLong ? "longFrequencies" : "frequencies"),
        interleaved: false,
        magnitude: config.rotaryMagnitude,
      },
      ...(headNorm ? { headNorm: { eps: normEps, weightOffset: 0 } } : {}),
    };
    const norm = (name: "ln1" | "ln2", tensor: Tensor) =>
      rmsNorm(memory, tensor, layer.vector(`${name}.weight`), normEps, normOffset, layer.scaleTap(name));
    const normed = tap("ln1.normalized", norm("ln1", residPre));
    const attnOut = tap("attn_out", attentionSublayer(layer, normed, attentionOptions));
    const residMid = tap("resid_mid", add(memory, residPre, attnOut));
    const normed2 = tap("ln2.normalized", norm("ln2", residMid));
    const mlpOut = tap("mlp_out", gatedMlpSublayer(layer, normed2, activation));
    return tap("resid_post", add(memory, residMid, mlpOut));
  },

  head({ config, weights: w, memory, taps }, residual) {
    const normed = rmsNorm(
      memory,
      residual,
      w.vector("ln_final.weight"),
      config.normEps,
      config.normOffset,
      scaleTap(taps, "ln_final.scale"),
    );
    const logits = linear(memory, taps.tap("ln_final.normalized", normed), w.matrix("unembed.weight"));
    return taps.tap("logits", logits);
  },

  weightMap({ nLayers, normEps: eps, normOffset: offset, embedScale }) {
    const norm = { kind: "rms", eps, offset } as const;
    return { ...namedWeightMap({ nLayers, norm, finalNorm: norm, mlp: "gated" }), embedScale };
  },
};
