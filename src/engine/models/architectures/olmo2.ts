/**
 * OLMo 2 (OLMo Team 2025, arXiv 2501.00656): Llama whose sublayers read the residual stream as it is and pass an RMS
 * norm on the way back to it; queries and keys pass one over all heads together before they are rotated.
 *
 *   x = embed[token]
 *   per block:  x += norm(attention(x));  x += norm(mlp(x))
 *   logits = norm(x) W_Uᵀ
 *
 * Its sites: nothing is normalised before a sublayer, so there is no ln1.normalized and no ln2.normalized; attention
 * reads resid_pre, the MLP reads resid_mid. attn_out and mlp_out are what is added to the residual stream, so they
 * come after the norms, whose scales are ln1_post.scale and ln2_post.scale, as in Gemma 2. resid_mid and resid_post
 * are the sums. (TransformerLens calls these two norms ln1 and ln2.) attn.q and attn.k come after their norm.
 */
import type { Tensor } from "../../device/tensor";
import { add } from "../../ops/elementwise";
import { embedding } from "../../ops/embedding";
import { rmsNorm } from "../../ops/norm";
import { namedWeightMap } from "../weightMap";
import type { Architecture, WeightSpec } from "../architecture";
import { attentionSublayer, gatedMlpSublayer } from "../layers";
import { blockName } from "../weightMap";
import { llama, parseLlamaConfig, unembeddingSpec, type LlamaConfig } from "./llama";
import { alsoWithoutPrefix, linearSpecs, matrixSpec, valuesSpec, vectorSpec } from "../specs";

function weights(config: LlamaConfig): WeightSpec[] {
  const { nLayers, nHeads, nKvHeads, dHead, dModel, dMlp, dVocab } = config;
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `model.layers.${i}`];
    const norm = (name: string, source: string, size: number) =>
      vectorSpec(`${to}.${name}.weight`, `${from}.${source}.weight`, size);
    return [
      ...linearSpecs(`${to}.q`, `${from}.self_attn.q_proj`, nHeads * dHead, dModel),
      ...linearSpecs(`${to}.k`, `${from}.self_attn.k_proj`, nKvHeads * dHead, dModel),
      ...linearSpecs(`${to}.v`, `${from}.self_attn.v_proj`, nKvHeads * dHead, dModel),
      ...linearSpecs(`${to}.o`, `${from}.self_attn.o_proj`, dModel, nHeads * dHead),
      norm("q_norm", "self_attn.q_norm", nHeads * dHead),
      norm("k_norm", "self_attn.k_norm", nKvHeads * dHead),
      norm("ln1_post", "post_attention_layernorm", dModel),
      ...linearSpecs(`${to}.gate`, `${from}.mlp.gate_proj`, dMlp, dModel),
      ...linearSpecs(`${to}.up`, `${from}.mlp.up_proj`, dMlp, dModel),
      ...linearSpecs(`${to}.down`, `${from}.mlp.down_proj`, dModel, dMlp),
      norm("ln2_post", "post_feedforward_layernorm", dModel),
    ];
  });
  return alsoWithoutPrefix("model.", [
    matrixSpec("embed.weight", "model.embed_tokens.weight", dVocab, dModel),
    ...blocks.flat(),
    vectorSpec("ln_final.weight", "model.norm.weight", dModel),
    unembeddingSpec(config, config.tied),
    valuesSpec("frequencies", config.frequencies),
  ]);
}

export const olmo2: Architecture<LlamaConfig> = {
  name: "olmo2",
  parseConfig: (json) => parseLlamaConfig({ rms_norm_eps: 1e-5, ...json }),
  weights,
  absentSites: () => ["pos_embed", "ln1.scale", "ln1.normalized", "ln2.scale", "ln2.normalized"],

  embed({ weights: w, memory, taps }, batch) {
    return taps.tap("embed", embedding(memory, w.matrix("embed.weight"), batch.ids));
  },

  block(layer, residPre) {
    const { config, weights: w, memory, tap } = layer;
    const { normEps: eps, dHead, activation } = config;
    const attentionOptions = {
      scale: dHead ** -0.5,
      rotation: { frequencies: w.vector("frequencies"), interleaved: false },
      headNorm: { eps, weightOffset: 0 },
    };
    const norm = (name: "ln1_post" | "ln2_post", tensor: Tensor) =>
      rmsNorm(memory, tensor, layer.vector(`${name}.weight`), eps, 0, layer.scaleTap(name));
    const attnOut = tap("attn_out", norm("ln1_post", attentionSublayer(layer, residPre, attentionOptions)));
    const residMid = tap("resid_mid", add(memory, residPre, attnOut));
    const mlpOut = tap("mlp_out", norm("ln2_post", gatedMlpSublayer(layer, residMid, activation)));
    return tap("resid_post", add(memory, residMid, mlpOut));
  },

  head: llama.head,

  weightMap({ nLayers, normEps: eps }) {
    const norm = { kind: "rms", eps, offset: 0 } as const;
    const norms = { norm, finalNorm: norm, preNorms: false, postNorms: true };
    return namedWeightMap({ nLayers, ...norms, mlp: "gated" });
  },
};
