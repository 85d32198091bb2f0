/**
 * GPT-2 (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"), from the Hugging Face
 * layout: learned positions, LayerNorm before each sublayer, a fused query-key-value projection stored as
 * [in, out], a GELU MLP, an unembedding tied to the token embedding unless `lm_head.weight` is there. nanoGPT's and minGPT's files
 * have projections as [out, in], and nanoGPT's perhaps no biases.
 *
 *   x = wte[token] + wpe[position]
 *   per block:  x += attention(ln_1(x));  x += mlp(ln_2(x))
 *   logits = ln_f(x) wteᵀ
 */
import { blockSite } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import { attention, storeInCache } from "../../ops/attention";
import { ACTIVATION_NAMES, activation, add, type ActivationName } from "../../ops/elementwise";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import { layerNorm } from "../../ops/norm";
import type { Architecture, Layer, ModelConfig, WeightSpec } from "../architecture";
import { choiceField, countField, flagField, numberField, sizeField, wholeQuotient } from "../configFields";
import { attentionTaps, POST_NORM_SITES, scaleTap } from "../layers";
import { valuesSpec } from "../specs";

export interface Gpt2Config extends ModelConfig {
  readonly layerNormEps: number;
  readonly activation: ActivationName;
  /** Scores are divided by sqrt(dHead), and by the layer number if `scale_attn_by_inverse_layer_idx`. */
  readonly scaleByLayer: boolean;
  readonly scaleByHead: boolean;
  /** Projections are stored as [out, in] (nanoGPT, minGPT). */
  readonly linear: boolean;
  /** Projections and norms have biases; nanoGPT may do without. */
  readonly biased: boolean;
}

function parseConfig(json: Readonly<Record<string, unknown>>): Gpt2Config {
  const dModel = sizeField(json, ["n_embd", "hidden_size"]);
  const nHeads = countField(json, ["n_head", "num_attention_heads"]);
  const dHead = wholeQuotient(["n_embd", dModel], ["n_head", nHeads]);
  return {
    nLayers: countField(json, ["n_layer", "num_hidden_layers"]),
    nHeads,
    nKvHeads: nHeads,
    dModel,
    dHead,
    dMlp: sizeField(json, ["n_inner", "intermediate_size"], 4 * dModel),
    dVocab: sizeField(json, ["vocab_size"]),
    nCtx: sizeField(json, ["n_positions", "n_ctx", "max_position_embeddings"], 1024),
    layerNormEps: numberField(json, "layer_norm_epsilon", 1e-5),
    activation: choiceField(json, ["activation_function"], ACTIVATION_NAMES, "gelu_new"),
    scaleByLayer: flagField(json, "scale_attn_by_inverse_layer_idx", false),
    scaleByHead: flagField(json, "scale_attn_weights", true),
    linear: flagField(json, "linear_weights", false),
    biased: flagField(json, "bias", true),
  };
}

function weights({ nLayers, dModel, dMlp, dVocab, nCtx, linear, biased }: Gpt2Config): WeightSpec[] {
  // Checkpoints saved from the language-model class prefix the trunk with "transformer.".
  const sources = (name: string) => [name, `transformer.${name}`];
  const vector = (name: string, size: number): WeightSpec => ({
    name,
    kind: "vector",
    sources: sources(name),
    shape: [size],
  });
  const none = new Float32Array(biased ? 0 : dModel);
  const norm = (name: string) => [
    vector(`${name}.weight`, dModel),
    biased ? vector(`${name}.bias`, dModel) : valuesSpec(`${name}.bias`, none),
  ];
  const conv = (name: string, out: number, inner: number): WeightSpec[] => [
    {
      name: `${name}.weight`,
      kind: "matrix",
      sources: sources(`${name}.weight`),
      shape: [out, inner],
      transposed: !linear,
    },
    ...(biased ? [vector(`${name}.bias`, out)] : []),
  ];
  const table = (name: string, rows: number): WeightSpec => ({
    name,
    kind: "matrix",
    sources: sources(name),
    shape: [rows, dModel],
  });
  const blocks = Array.from({ length: nLayers }, (_, i) => [
    ...norm(`h.${i}.ln_1`),
    ...conv(`h.${i}.attn.c_attn`, 3 * dModel, dModel),
    ...conv(`h.${i}.attn.c_proj`, dModel, dModel),
    ...norm(`h.${i}.ln_2`),
    ...conv(`h.${i}.mlp.c_fc`, dMlp, dModel),
    ...conv(`h.${i}.mlp.c_proj`, dModel, dMlp),
  ]);
  return [
    table("wte.weight", dVocab),
    table("wpe.weight", nCtx),
    ...blocks.flat(),
    ...norm("ln_f"),
    { ...table("lm_head.weight", dVocab), sources: ["lm_head.weight"], tiedTo: "wte.weight" },
  ];
}

function block(layer: Layer<Gpt2Config>, residPre: Tensor): Tensor {
  const { config, weights: w, memory, taps, tap, batch, index } = layer;
  const { dModel, dHead, nHeads, layerNormEps } = config;
  const norm = (x: Tensor, name: "ln_1" | "ln_2") =>
    layerNorm(
      memory,
      x,
      w.vector(`h.${index}.${name}.weight`),
      w.vector(`h.${index}.${name}.bias`),
      layerNormEps,
      layer.scaleTap(name === "ln_1" ? "ln1" : "ln2"),
    );
  const project = (x: Tensor, name: string) =>
    linear(memory, x, w.matrix(`h.${index}.${name}.weight`), w.vectorIfAny(`h.${index}.${name}.bias`));

  const normed = tap("ln1.normalized", norm(residPre, "ln_1"));
  const fused = project(normed, "attn.c_attn"); // [tokens, 3 * dModel]
  const qkv = (["attn.q", "attn.k", "attn.v"] as const).reduce(
    (tensor, name, part) => taps.columns(blockSite(index, name), tensor, part * dModel, dModel),
    fused,
  );
  const part = (n: number) => ({ tensor: qkv, offset: n * dModel });
  const cache = batch.cache.layers[index];
  if (cache === undefined) throw new Error(`no key-value cache for layer ${index}`);
  storeInCache(memory, cache, batch.slots, part(1), part(2));
  const scale = (config.scaleByHead ? 1 / Math.sqrt(dHead) : 1) / (config.scaleByLayer ? index + 1 : 1);
  const shape = { heads: nHeads, kvHeads: nHeads, dHead };
  const z = attention(
    memory,
    part(0),
    cache,
    batch.visibility(),
    shape,
    { scale },
    attentionTaps(taps, index),
  );
  const attnOut = tap("attn_out", project(tap("attn.z", z), "attn.c_proj"));
  const residMid = tap("resid_mid", add(memory, residPre, attnOut));

  const mlpPre = tap("mlp.pre", project(tap("ln2.normalized", norm(residMid, "ln_2")), "mlp.c_fc"));
  const mlpPost = tap("mlp.post", activation(memory, mlpPre, config.activation)); // [tokens, dMlp]
  const mlpOut = tap("mlp_out", project(mlpPost, "mlp.c_proj"));
  return tap("resid_post", add(memory, residMid, mlpOut));
}

export const gpt2: Architecture<Gpt2Config> = {
  name: "gpt2",
  parseConfig,
  weights,
  absentSites: () => ["attn.rot_q", "attn.rot_k", "mlp.pre_linear", ...POST_NORM_SITES],

  embed({ weights: w, memory, taps }, batch) {
    const tokens = taps.tap("embed", embedding(memory, w.matrix("wte.weight"), batch.ids));
    const positions = taps.tap("pos_embed", embedding(memory, w.matrix("wpe.weight"), batch.positions));
    return add(memory, tokens, positions);
  },

  block,

  head({ config, weights: w, memory, taps }, residual) {
    const { layerNormEps } = config;
    const [weight, bias] = [w.vector("ln_f.weight"), w.vector("ln_f.bias")];
    const scale = scaleTap(taps, "ln_final.scale");
    const normed = layerNorm(memory, residual, weight, bias, layerNormEps, scale);
    const logits = linear(memory, taps.tap("ln_final.normalized", normed), w.matrix("lm_head.weight"));
    return taps.tap("logits", logits);
  },

  weightMap({ nLayers, layerNormEps: eps }) {
    const norm = (name: string) => ({ name, kind: "layer", eps, offset: 0 }) as const;
    return {
      embed: "wte",
      embedScale: 1,
      positionsEnterStream: true,
      layers: Array.from({ length: nLayers }, (_, i) => ({
        attentionOut: `h.${i}.attn.c_proj`,
        attentionPostNorm: undefined,
        mlp: {
          in: `h.${i}.mlp.c_fc`,
          gate: undefined,
          out: `h.${i}.mlp.c_proj`,
          norm: norm(`h.${i}.ln_2`),
          postNorm: undefined,
        },
      })),
      finalNorm: norm("ln_f"),
      unembed: "lm_head",
      logitCap: undefined,
    };
  },
};
