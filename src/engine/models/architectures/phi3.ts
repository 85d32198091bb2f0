/**
 * Phi 3, 3.5 and 4 (Abdin et al. 2024, arXiv 2404.14219, 2412.08905, 2503.01743): Llama with queries, keys and values
 * in one projection, gate and up in another, a sliding window in some, rotary positions on a part of each head in
 * Phi-4-mini, and LongRoPE for contexts longer than those of the first training.
 */
import type { Architecture, WeightSpec } from "../architecture";
import type { Json } from "../configFields";
import { rotaryDims } from "./gptNeox";
import { blockName } from "../weightMap";
import { layerWindows } from "./layerWindows";
import { llama, parseLlamaConfig, unembeddingSpec, type LlamaConfig } from "./llama";
import { longRope } from "./longRope";
import { ropeFields, ropeFrequencies } from "./ropeFrequencies";
import { alsoWithoutPrefix, linearSpecs, matrixSpec, valuesSpec, vectorSpec } from "../specs";

function parseConfig(json: Json): LlamaConfig {
  // Scalings that only this family has are read here, the others as Llama's.
  const config = parseLlamaConfig({ rms_norm_eps: 1e-5, ...json, rope_scaling: null, rope_parameters: null });
  const share = json["partial_rotary_factor"] ?? ropeFields(json).scaling["partial_rotary_factor"] ?? 1;
  const dims = rotaryDims(config.dHead, share);
  const windows = layerWindows(json, config, () => true);
  return {
    ...config,
    ...(windows && { windows }),
    ...(longRope(json, dims, config.nCtx) ?? { frequencies: ropeFrequencies(json, dims) }),
  };
}

/** Blocks `first` to `first + count` of a projection that consists of `of` equal ones. */
const part = (specs: WeightSpec[], of: number, first: number, count: number): WeightSpec[] =>
  specs.map((spec) => ({
    ...spec,
    blocks: { of, take: Array.from({ length: count }, (_, i) => first + i) },
  }));

function weights(config: LlamaConfig): WeightSpec[] {
  const { nLayers, nHeads, nKvHeads, dHead, dModel, dMlp, dVocab } = config;
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `model.layers.${i}`];
    const heads = (name: string, first: number, count: number) =>
      part(
        linearSpecs(`${to}.${name}`, `${from}.self_attn.qkv_proj`, count * dHead, dModel),
        nHeads + 2 * nKvHeads,
        first,
        count,
      );
    const half = (name: string, index: number) =>
      part(linearSpecs(`${to}.${name}`, `${from}.mlp.gate_up_proj`, dMlp, dModel), 2, index, 1);
    return [
      vectorSpec(`${to}.ln1.weight`, `${from}.input_layernorm.weight`, dModel),
      ...heads("q", 0, nHeads),
      ...heads("k", nHeads, nKvHeads),
      ...heads("v", nHeads + nKvHeads, nKvHeads),
      ...linearSpecs(`${to}.o`, `${from}.self_attn.o_proj`, dModel, nHeads * dHead),
      vectorSpec(`${to}.ln2.weight`, `${from}.post_attention_layernorm.weight`, dModel),
      ...half("gate", 0),
      ...half("up", 1),
      ...linearSpecs(`${to}.down`, `${from}.mlp.down_proj`, dModel, dMlp),
    ];
  });
  return alsoWithoutPrefix("model.", [
    matrixSpec("embed.weight", "model.embed_tokens.weight", dVocab, dModel),
    ...blocks.flat(),
    vectorSpec("ln_final.weight", "model.norm.weight", dModel),
    unembeddingSpec(config, config.tied),
    valuesSpec("frequencies", config.frequencies),
    ...(config.longFrequencies ? [valuesSpec("longFrequencies", config.longFrequencies)] : []),
  ]);
}

export const phi3: Architecture<LlamaConfig> = { ...llama, name: "phi3", parseConfig, weights };
