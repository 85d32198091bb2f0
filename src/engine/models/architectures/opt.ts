/**
 * OPT (Zhang et al. 2022, arXiv 2205.01068): learned positions, ReLU, biases, the unembedding tied to the embedding. The
 * model of 350m is built otherwise: its LayerNorms stand behind the additions, in the residual stream itself, it has no
 * final one, and its tokens are narrower than the stream.
 *
 *   x = W_in tokens[token] + positions[position]          (W_in, W_out: where tokens are narrower)
 *   per block:  x += attention(ln1(x));  x += mlp(ln2(x));      350m:  x = ln1(x + attention(x));  x = ln2(x + mlp(x))
 *   logits = W_out ln_f(x) tokensᵀ
 */
import type { Tensor } from "../../device/tensor";
import { ACTIVATION_NAMES, add, type ActivationName } from "../../ops/elementwise";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import { layerNorm } from "../../ops/norm";
import { namedWeightMap } from "../weightMap";
import type { Architecture, Layer, ModelConfig, WeightSpec } from "../architecture";
import { choiceField, countField, flagField, sizeField, wholeQuotient, type Json } from "../configFields";
import { attentionSublayer, mlpSublayer, POST_NORM_SITES, scaleTap } from "../layers";
import { blockName } from "../weightMap";
import { unembeddingSpec } from "./llama";
import { alsoWithoutPrefix, layerNormSpecs, linearSpecs, matrixSpec, valuesSpec } from "../specs";

interface OptConfig extends ModelConfig {
  /** The unembedding is the embedding. */
  readonly tied: boolean;
  /** Of a token's embedding; narrower than dModel in the 350m model. */
  readonly dWord: number;
  readonly activation: ActivationName;
  readonly normFirst: boolean;
  readonly finalNorm: boolean;
  readonly bias: boolean;
  /** Norms have weights. */
  readonly affine: boolean;
}

const NORM_EPS = 1e-5;
/** Rows of the position table before that of position 0, left over from how padding used to be counted. */
const POSITION_OFFSET = 2;

function parseConfig(json: Json): OptConfig {
  const dModel = sizeField(json, ["hidden_size"]);
  const nHeads = countField(json, ["num_attention_heads"]);
  const head_dim = wholeQuotient(["hidden_size", dModel], ["num_attention_heads", nHeads]);
  const normFirst = flagField(json, "do_layer_norm_before", true);
  return {
    ...{ dModel, nHeads, nKvHeads: nHeads, dHead: countField({ head_dim }, ["head_dim"]), normFirst },
    nLayers: countField(json, ["num_hidden_layers"]),
    dMlp: sizeField(json, ["ffn_dim"]),
    dVocab: sizeField(json, ["vocab_size"]),
    nCtx: sizeField(json, ["max_position_embeddings"], 2048),
    dWord: sizeField(json, ["word_embed_proj_dim"], dModel),
    activation: choiceField(json, ["activation_function"], ACTIVATION_NAMES, "relu"),
    finalNorm: normFirst && !flagField(json, "_remove_final_layer_norm", false),
    bias: flagField(json, "enable_bias", true),
    affine: flagField(json, "layer_norm_elementwise_affine", true),
    tied: flagField(json, "tie_word_embeddings", true),
  };
}

function weights(config: OptConfig): WeightSpec[] {
  const { nLayers, dModel, dMlp, dVocab, nCtx, dWord, bias, affine, finalNorm, tied } = config;
  const project = (to: string, from: string, out: number, inner: number) =>
    linearSpecs(to, from, out, inner).filter(({ kind }) => bias || kind === "matrix");
  const [one, zero] = [new Float32Array(affine ? 0 : dModel).fill(1), new Float32Array(affine ? 0 : dModel)];
  const norm = (to: string, from: string) =>
    affine
      ? layerNormSpecs(to, from, dModel)
      : [valuesSpec(`${to}.weight`, one), valuesSpec(`${to}.bias`, zero)];
  const blocks = Array.from({ length: nLayers }, (_, i) => {
    const [to, from] = [blockName(i), `model.decoder.layers.${i}`];
    return [
      ...norm(`${to}.ln1`, `${from}.self_attn_layer_norm`),
      ...project(`${to}.q`, `${from}.self_attn.q_proj`, dModel, dModel),
      ...project(`${to}.k`, `${from}.self_attn.k_proj`, dModel, dModel),
      ...project(`${to}.v`, `${from}.self_attn.v_proj`, dModel, dModel),
      ...project(`${to}.o`, `${from}.self_attn.out_proj`, dModel, dModel),
      ...norm(`${to}.ln2`, `${from}.final_layer_norm`),
      ...project(`${to}.up`, `${from}.fc1`, dMlp, dModel),
      ...project(`${to}.down`, `${from}.fc2`, dModel, dMlp),
    ];
  });
  const positions = matrixSpec("pos_embed.weight", "model.decoder.embed_positions.weight", nCtx, dModel);
  return alsoWithoutPrefix("model.", [
    matrixSpec("embed.weight", "model.decoder.embed_tokens.weight", dVocab, dWord),
    { ...positions, rowsBefore: POSITION_OFFSET },
    ...(dWord === dModel
      ? []
      : [
          matrixSpec("project_in.weight", "model.decoder.project_in.weight", dModel, dWord),
          matrixSpec("project_out.weight", "model.decoder.project_out.weight", dWord, dModel),
        ]),
    ...blocks.flat(),
    ...(finalNorm ? norm("ln_final", "model.decoder.final_layer_norm") : []),
    unembeddingSpec({ ...config, dModel: dWord }, tied),
  ]);
}

/** LayerNorm `name` of a layer; where norms come last its scale passes through another site. */
function norm(layer: Layer<OptConfig>, name: "ln1" | "ln2", x: Tensor): Tensor {
  const [weight, bias] = [layer.vector(`${name}.weight`), layer.vector(`${name}.bias`)];
  const scale = layer.scaleTap(layer.config.normFirst ? name : `${name}_post`);
  return layerNorm(layer.memory, x, weight, bias, NORM_EPS, scale);
}

/** x += f(ln(x)) */
function normFirstBlock(layer: Layer<OptConfig>, residPre: Tensor): Tensor {
  const { tap, memory, config } = layer;
  const normed = tap("ln1.normalized", norm(layer, "ln1", residPre));
  const attnOut = tap("attn_out", attentionSublayer(layer, normed, { scale: config.dHead ** -0.5 }));
  const residMid = tap("resid_mid", add(memory, residPre, attnOut));
  const mlpOut = mlpSublayer(layer, tap("ln2.normalized", norm(layer, "ln2", residMid)), config.activation);
  return tap("resid_post", add(memory, residMid, tap("mlp_out", mlpOut)));
}

/** x = ln(x + f(x)) */
function normLastBlock(layer: Layer<OptConfig>, residPre: Tensor): Tensor {
  const { tap, memory, config } = layer;
  const attnOut = tap("attn_out", attentionSublayer(layer, residPre, { scale: config.dHead ** -0.5 }));
  const residMid = tap("resid_mid", norm(layer, "ln1", add(memory, residPre, attnOut)));
  const mlpOut = tap("mlp_out", mlpSublayer(layer, residMid, config.activation));
  return tap("resid_post", norm(layer, "ln2", add(memory, residMid, mlpOut)));
}

export const opt: Architecture<OptConfig> = {
  name: "opt",
  parseConfig,
  weights,
  absentSites: ({ normFirst, finalNorm }) => [
    ...(["attn.rot_q", "attn.rot_k", "mlp.pre_linear"] as const),
    ...(normFirst
      ? POST_NORM_SITES
      : (["ln1.scale", "ln1.normalized", "ln2.scale", "ln2.normalized"] as const)),
    ...(finalNorm ? [] : (["ln_final.scale", "ln_final.normalized"] as const)),
  ],

  embed({ config: { dWord, dModel }, weights: w, memory, taps }, batch) {
    const words = embedding(memory, w.matrix("embed.weight"), batch.ids);
    const tokens = dWord === dModel ? words : linear(memory, words, w.matrix("project_in.weight"));
    const positions = embedding(memory, w.matrix("pos_embed.weight"), batch.positions);
    return add(memory, taps.tap("embed", tokens), taps.tap("pos_embed", positions));
  },

  block(layer, residPre) {
    return layer.config.normFirst ? normFirstBlock(layer, residPre) : normLastBlock(layer, residPre);
  },

  head({ config, weights: w, memory, taps }, residual) {
    const { dWord, dModel, finalNorm } = config;
    let read = residual;
    if (finalNorm) {
      const [weight, bias] = [w.vector("ln_final.weight"), w.vector("ln_final.bias")];
      const scale = scaleTap(taps, "ln_final.scale");
      read = taps.tap("ln_final.normalized", layerNorm(memory, read, weight, bias, NORM_EPS, scale));
    }
    if (dWord !== dModel) read = linear(memory, read, w.matrix("project_out.weight"));
    return taps.tap("logits", linear(memory, read, w.matrix("unembed.weight")));
  },

  weightMap({ nLayers, normFirst, finalNorm, dWord, dModel }) {
    const norm = { kind: "layer", eps: NORM_EPS, offset: 0 } as const;
    const named = namedWeightMap({
      ...{ nLayers, mlp: "plain", norm: normFirst ? norm : undefined },
      finalNorm: finalNorm ? norm : undefined,
    });
    const indirect = !normFirst
      ? "its norms stand in the residual stream itself"
      : dWord !== dModel
        ? "its tokens are narrower than the residual stream, with a projection between"
        : undefined;
    return { ...named, positionsEnterStream: true, ...(indirect !== undefined && { indirect }) };
  },
};
