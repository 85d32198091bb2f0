/**
 * Transformers as TransformerLens stores them (`HookedTransformer`, Nanda and Bloom 2022): toy models whose config
 * says which parts there are. Attention only or with an MLP; LayerNorm, RMS norm, either without weights, or none;
 * positions learned, rotary, added to queries and keys only ("shortformer"), or none.
 *
 *   x = W_E[token] (+ W_pos[position])
 *   per block:  x += attention(norm(x));  x += mlp(norm(x)), unless attn_only
 *   logits = norm(x) W_U + b_U
 */
import { type SiteName } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import { add, softcap } from "../../ops/elementwise";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import { layerNorm, rmsNorm, type ScaleTap } from "../../ops/norm";
import type { Vector } from "../../ops/weights";
import { namedWeightMap } from "../weightMap";
import type { Architecture, ForwardContext } from "../architecture";
import { parseHookedConfig, type HookedConfig } from "./hookedConfig";
import { finalNorm, hookedWeights } from "./hookedWeights";
import {
  attentionSublayer,
  gatedMlpSublayer,
  mlpSublayer,
  POST_NORM_SITES,
  scaleTap,
  type AttentionOptions,
} from "../layers";

function normalise(
  { memory, config }: ForwardContext<HookedConfig>,
  kind: HookedConfig["norm"],
  x: Tensor,
  vector: (name: "weight" | "bias") => Vector,
  scale: ScaleTap,
): Tensor {
  if (kind === "none") return x;
  if (kind.startsWith("RMS")) return rmsNorm(memory, x, vector("weight"), config.normEps, 0, scale);
  return layerNorm(memory, x, vector("weight"), vector("bias"), config.normEps, scale);
}

function absentSites({ norm, positions, attnOnly, parallel, gatedMlp }: HookedConfig): SiteName[] {
  return [
    ...(positions === "none" || positions === "rotary" ? (["pos_embed"] as const) : []),
    ...(positions === "rotary" ? [] : (["attn.rot_q", "attn.rot_k"] as const)),
    ...(norm === "none"
      ? (["ln1.scale", "ln1.normalized", "ln_final.scale", "ln_final.normalized"] as const)
      : []),
    ...(norm === "none" || attnOnly ? (["ln2.scale", "ln2.normalized"] as const) : []),
    ...POST_NORM_SITES,
    ...(attnOnly || parallel ? (["resid_mid"] as const) : []),
    ...(attnOnly ? (["mlp.pre", "mlp.post", "mlp_out"] as const) : []),
    ...(attnOnly || !gatedMlp ? (["mlp.pre_linear"] as const) : []),
  ];
}

export const hookedTransformer: Architecture<HookedConfig> = {
  name: "hooked_transformer",
  parseConfig: parseHookedConfig,
  weights: hookedWeights,
  absentSites,

  shared({ config, weights: w, memory, taps }, batch) {
    if (config.positions !== "shortformer") return undefined;
    return taps.tap("pos_embed", embedding(memory, w.matrix("pos_embed.weight"), batch.positions));
  },

  embed({ config, weights: w, memory, taps }, batch) {
    const tokens = taps.tap("embed", embedding(memory, w.matrix("embed.weight"), batch.ids));
    if (config.positions !== "standard") return tokens;
    const positions = embedding(memory, w.matrix("pos_embed.weight"), batch.positions);
    return add(memory, tokens, taps.tap("pos_embed", positions));
  },

  block(layer, residPre) {
    const { config, weights: w, memory, tap, index, shared: shortformer } = layer;
    const { norm, positions, activation, attnOnly, parallel, gatedMlp, scoreCap } = config;
    const normalised = (name: "ln1" | "ln2", tensor: Tensor) => {
      const y = normalise(
        layer,
        norm,
        tensor,
        (part) => layer.vector(`${name}.${part}`),
        layer.scaleTap(name),
      );
      return norm === "none" ? y : tap(`${name}.normalized`, y);
    };
    const normed = normalised("ln1", residPre);
    const options: AttentionOptions = {
      scale: config.scale / (config.scaleByLayer ? index + 1 : 1),
      ...(positions === "rotary" && {
        rotation: { frequencies: w.vector("frequencies"), interleaved: config.interleaved },
      }),
      ...(shortformer && { valuesFrom: normed }),
      ...(scoreCap !== undefined && { softcap: scoreCap }),
    };
    const read = shortformer ? add(memory, normed, shortformer) : normed;
    const attended = add(memory, residPre, tap("attn_out", attentionSublayer(layer, read, options)));
    if (attnOnly) return tap("resid_post", attended);
    // What the tap gives back is the stream from here on, for the MLP and for what comes after it.
    const residMid = parallel ? attended : tap("resid_mid", attended);
    const mlpIn = normalised("ln2", parallel ? residPre : residMid);
    const mlp = gatedMlp ? gatedMlpSublayer : mlpSublayer;
    return tap("resid_post", add(memory, residMid, tap("mlp_out", mlp(layer, mlpIn, activation))));
  },

  head(context, residual) {
    const { config, weights: w, memory, taps } = context;
    const kind = finalNorm(config);
    const scale = scaleTap(taps, "ln_final.scale");
    const normed = normalise(context, kind, residual, (part) => w.vector(`ln_final.${part}`), scale);
    const read = kind === "none" ? normed : taps.tap("ln_final.normalized", normed);
    const logits = linear(memory, read, w.matrix("unembed.weight"), w.vectorIfAny("unembed.bias"));
    const { logitCap } = config;
    return taps.tap("logits", logitCap === undefined ? logits : softcap(memory, logits, logitCap));
  },

  weightMap(config) {
    const { nLayers, normEps: eps, attnOnly, gatedMlp, positions, logitCap } = config;
    const norm = (kind: HookedConfig["norm"]) =>
      kind === "none"
        ? undefined
        : ({ kind: kind.startsWith("RMS") ? "rms" : "layer", eps, offset: 0 } as const);
    const mlp = attnOnly ? "none" : gatedMlp ? "gated" : "plain";
    const norms = { norm: norm(config.norm), finalNorm: norm(finalNorm(config)) };
    const positionsEnterStream = positions === "standard";
    return { ...namedWeightMap({ nLayers, ...norms, mlp }), positionsEnterStream, logitCap };
  },
};
