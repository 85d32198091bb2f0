/**
 * The sublayers that architectures are put together from, with every tap in its place: attention over the
 * key-value cache, and the MLP with or without a gate. What differs between families is an option here; how the
 * sublayers meet the residual stream is each architecture's own business.
 *
 * Weights are found by name: `<block>.q.weight` … `<block>.o.weight`, `<block>.up.weight`, with `.bias` where the
 * checkpoint has one.
 */
import { blockSite, type BlockSiteName, type Site } from "../../protocol/sites";
import type { Tensor } from "../device/tensor";
import { attention, storeInCache, type AttentionTaps } from "../ops/attention";
import { activation, multiply, type ActivationName } from "../ops/elementwise";
import { linear } from "../ops/linear";
import { rmsNorm, type ScaleTap } from "../ops/norm";
import { rotary } from "../ops/rotary";
import type { Vector } from "../ops/weights";
import { blockName } from "./weightMap";
import type { ForwardContext, Layer, ModelConfig, Taps, TokenBatch } from "./architecture";

/** Sites of norms between a sublayer and the residual stream, which most architectures lack. */
export const POST_NORM_SITES = ["ln1_post.scale", "ln2_post.scale"] as const satisfies BlockSiteName[];

/** Where a norm's scale passes through. */
export function scaleTap(taps: Taps, site: Site): ScaleTap {
  return { edited: taps.edits(site), tap: (scale) => taps.tap(site, scale) };
}

export function openLayer<C extends ModelConfig>(
  context: ForwardContext<C>,
  batch: TokenBatch,
  index: number,
  shared?: Tensor,
): Layer<C> {
  const { weights, memory, taps } = context;
  const ours = (name: string) => `${blockName(index)}.${name}`;
  return {
    ...context,
    index,
    batch,
    shared,
    tap: (name, tensor) => taps.tap(blockSite(index, name), tensor),
    project: (x, name) =>
      linear(memory, x, weights.matrix(ours(`${name}.weight`)), weights.vectorIfAny(ours(`${name}.bias`))),
    vector: (name) => weights.vector(ours(name)),
    scaleTap: (name) => scaleTap(taps, blockSite(index, `${name}.scale`)),
  };
}

export interface Rotation {
  /** f32 [rotaryDims / 2], radians a position. */
  readonly frequencies: Vector;
  /** Pairs are (2i, 2i + 1) instead of (i, i + rotaryDims / 2). */
  readonly interleaved: boolean;
  /** What turns gets this many times as long (LongRoPE); 1 if left out. */
  readonly magnitude?: number;
}

export interface AttentionOptions {
  /** What q·k is multiplied by. */
  readonly scale: number;
  readonly rotation?: Rotation;
  /**
   * Queries and keys pass an RMS norm: each head's of its own (Qwen 3, Gemma 3), or all heads' together (OLMo 2), as
   * many dimensions at a time as `q_norm` and `k_norm` have.
   */
  readonly headNorm?: { readonly eps: number; readonly weightOffset: number };
  /** Scores become cap tanh(score / cap) (Gemma 2). */
  readonly softcap?: number;
  /** What values are made of, where it is not what queries and keys are made of (shortformer). */
  readonly valuesFrom?: Tensor;
}

/** What attention needs to know of the sites inside it. */
export function attentionTaps(taps: Taps, layer: number): AttentionTaps {
  const [scores, pattern] = [blockSite(layer, "attn.scores"), blockSite(layer, "attn.pattern")];
  return {
    wanted: taps.wants(scores) || taps.wants(pattern),
    edited: taps.edits(scores) || taps.edits(pattern),
    scores: (tensor) => taps.tap(scores, tensor),
    pattern: (tensor) => taps.tap(pattern, tensor),
  };
}

/** normed [tokens, dModel] → [tokens, dModel], before any norm that follows. */
export function attentionSublayer(layer: Layer, normed: Tensor, options: AttentionOptions): Tensor {
  const { config, memory, taps, tap, batch, index } = layer;
  const { nHeads, nKvHeads, dHead } = config;
  const makeHeads = (name: "q" | "k", heads: number) => {
    const raw = layer.project(normed, name);
    const { headNorm, rotation } = options;
    const x = tap(
      `attn.${name}`,
      headNorm
        ? rmsNorm(memory, raw, layer.vector(`${name}_norm.weight`), headNorm.eps, headNorm.weightOffset)
        : raw,
    );
    if (!rotation) return x;
    const { frequencies, ...turning } = rotation;
    return tap(
      `attn.rot_${name}`,
      rotary(memory, x, batch.positions, frequencies, { heads, dHead, ...turning }),
    );
  };
  const q = makeHeads("q", nHeads);
  const k = makeHeads("k", nKvHeads);
  const v = tap("attn.v", layer.project(options.valuesFrom ?? normed, "v"));
  const cache = batch.cache.layers[index];
  if (cache === undefined) throw new Error(`no key-value cache for layer ${index}`);
  storeInCache(memory, cache, batch.slots, { tensor: k, offset: 0 }, { tensor: v, offset: 0 });
  const visibility = batch.visibility(config.windows?.[index]);
  const z = attention(
    memory,
    { tensor: q, offset: 0 },
    cache,
    visibility,
    { heads: nHeads, kvHeads: nKvHeads, dHead },
    { scale: options.scale, cap: options.softcap, maxAlibiBias: config.maxAlibiBias },
    attentionTaps(taps, index),
  );
  return layer.project(tap("attn.z", z), "o");
}

/** act(x W_up) W_down: normed [tokens, dModel] → [tokens, dModel]. */
export function mlpSublayer(layer: Layer, normed: Tensor, name: ActivationName): Tensor {
  const pre = layer.tap("mlp.pre", layer.project(normed, "up"));
  return layer.project(layer.tap("mlp.post", activation(layer.memory, pre, name)), "down");
}

/** (act(x W_gate) * x W_up) W_down (Shazeer 2020): normed [tokens, dModel] → [tokens, dModel]. */
export function gatedMlpSublayer(layer: Layer, normed: Tensor, name: ActivationName): Tensor {
  const { memory, tap } = layer;
  const gate = tap("mlp.pre", layer.project(normed, "gate"));
  const linearBranch = tap("mlp.pre_linear", layer.project(normed, "up"));
  const post = multiply(memory, activation(memory, gate, name), linearBranch);
  return layer.project(tap("mlp.post", post), "down");
}
