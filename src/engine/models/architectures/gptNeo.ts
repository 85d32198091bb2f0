/**
 * GPT-Neo (Black et al. 2021), the architecture of TinyStories: GPT-2 with separate projections, scores that are
 * not divided by sqrt(dHead), and layers that by turns see everything and a window of 256 positions.
 *
 *   x = wte[token] + wpe[position]
 *   per block:  x += attention(ln_1(x));  x += mlp(ln_2(x))
 *   logits = ln_f(x) wteᵀ
 */
import type { Tensor } from "../../device/tensor";
import { VitrineError } from "../../../protocol/errors";
import { ACTIVATION_NAMES, add, type ActivationName } from "../../ops/elementwise";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import { layerNorm } from "../../ops/norm";
import { namedWeightMap } from "../weightMap";
import type { Architecture, ModelConfig, WeightSpec } from "../architecture";
import { choiceField, countField, numberField, sizeField, wholeQuotient, type Json } from "../configFields";
import { attentionSublayer, mlpSublayer, POST_NORM_SITES, scaleTap } from "../layers";
import { blockName } from "../weightMap";
import { alsoWithoutPrefix, layerNormSpecs, linearSpecs, matrixSpec } from "../specs";

interface GptNeoConfig extends ModelConfig {
  readonly normEps: number;
  readonly activation: ActivationName;
}

/** "global" or "local" for each layer: listed, or as [[kinds, times], …], or by turns. */
function attentionKinds(json: Json, nLayers: number): unknown[] {
  const { attention_layers: listed, attention_types: repeated } = json;
  if (Array.isArray(listed)) return listed;
  if (!Array.isArray(repeated))
    return Array.from({ length: nLayers }, (_, i) => (i % 2 ? "local" : "global"));
  return repeated.flatMap((item: unknown) => {
    const [kinds, times] = Array.isArray(item) ? (item as unknown[]) : [];
    const count = typeof times === "number" && times >= 0 && times <= nLayers ? times : 0;
    return Array.from({ length: count }, () => (Array.isArray(kinds) ? (kinds as unknown[]) : [])).flat();
  });
}

function parseConfig(json: Json): GptNeoConfig {
  const dModel = sizeField(json, ["hidden_size"]);
  const nHeads = countField(json, ["num_heads", "num_attention_heads"]);
  const nLayers = countField(json, ["num_layers", "num_hidden_layers"]);
  const dHead = wholeQuotient(["hidden_size", dModel], ["num_heads", nHeads]);
  const window = sizeField(json, ["window_size"], 256);
  const kinds = attentionKinds(json, nLayers);
  const windows = Array.from({ length: nLayers }, (_, layer) => {
    if (kinds[layer] === "global") return undefined;
    if (kinds[layer] === "local") return window;
    throw new VitrineError(
      "BadFile",
      `config.json: attention_types says ${JSON.stringify(kinds[layer])} for layer ${layer} of ${nLayers}, expected "global" or "local"`,
    );
  });
  return {
    ...{ nLayers, dModel, nHeads, nKvHeads: nHeads, dHead, windows },
    dMlp: sizeField(json, ["intermediate_size"], 4 * dModel),
    dVocab: sizeField(json, ["vocab_size"]),
    nCtx: sizeField(json, ["max_position_embeddings"], 2048),
    normEps: numberField(json, "layer_norm_epsilon", 1e-5),
    activation: choiceField(json, ["activation_function"], ACTIVATION_NAMES, "gelu_new"),
  };
}

function weights({ nLayers, dModel, dMlp, dVocab, nCtx }: GptNeoConfig): WeightSpec[] {
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `transformer.h.${i}`];
    const projection = (name: string, source: string) =>
      linearSpecs(`${to}.${name}`, `${from}.attn.attention.${source}`, dModel, dModel);
    return [
      ...layerNormSpecs(`${to}.ln1`, `${from}.ln_1`, dModel),
      ...projection("q", "q_proj"),
      ...projection("k", "k_proj"),
      ...projection("v", "v_proj"),
      ...projection("o", "out_proj"),
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
    { ...matrixSpec("unembed.weight", "lm_head.weight", dVocab, dModel), tiedTo: "embed.weight" },
  ]);
}

export const gptNeo: Architecture<GptNeoConfig> = {
  name: "gpt_neo",
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
    const { normEps, activation } = config;
    const norm = (name: "ln1" | "ln2", tensor: Tensor) => {
      const [weight, bias] = [layer.vector(`${name}.weight`), layer.vector(`${name}.bias`)];
      return layerNorm(memory, tensor, weight, bias, normEps, layer.scaleTap(name));
    };
    const normed = tap("ln1.normalized", norm("ln1", residPre));
    const attnOut = tap("attn_out", attentionSublayer(layer, normed, { scale: 1 }));
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
