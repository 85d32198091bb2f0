/**
 * What an architecture file provides, and what it is given. An architecture reads like its paper: a config,
 * a table from checkpoint names to ours, and the forward pass in three parts: `embed`, `block` and `head`. A pass may begin
 * at any block, and logits are computed only where they are scored.
 */
import type { BlockSiteName, Site, SiteName } from "../../protocol/sites";
import type { ScaleTap } from "../ops/norm";
import type { Tensor, TensorMemory } from "../device/tensor";
import type { Visibility } from "../ops/attention";
import type { KeyValueCache } from "../ops/keyValueCache";
import type { Matrix, Vector } from "../ops/weights";
import type { WeightMap } from "./weightMap";

/** Sizes that every architecture has. */
export interface ModelConfig {
  readonly nLayers: number;
  readonly nHeads: number;
  /** Key-value heads; fewer than nHeads under grouped-query attention. */
  readonly nKvHeads: number;
  readonly dModel: number;
  readonly dHead: number;
  readonly dMlp: number;
  readonly dVocab: number;
  /** Tokens that it can predict, where they are not those that it reads. */
  readonly dVocabOut?: number;
  readonly nCtx: number;
  /** Per layer, how many positions attention reaches back, the query's own included; undefined: all. */
  readonly windows?: readonly (number | undefined)[];
  /** Texts of more positions than this turn queries and keys otherwise, from their first position on (LongRoPE). */
  readonly shortContext?: number;
  /** Attention scores fall with distance (ALiBi): what the slopes of the heads are made of, 8 in the paper. */
  readonly maxAlibiBias?: number;
}

/** One weight: our name, where a checkpoint keeps it, and the shape it must have there. */
export interface WeightSpec {
  readonly name: string;
  readonly kind: "matrix" | "vector";
  /** Names to look for, in order; the first that exists is read. */
  readonly sources: readonly string[];
  /** As used: [out, in] for a matrix, [size] for a vector. */
  readonly shape: readonly number[];
  /** The shape in the checkpoint, where it is not the one that `shape` and `transposed` imply. */
  readonly storedShape?: readonly number[];
  /** The checkpoint keeps the matrix as [in, out] (GPT-2's Conv1D); of several blocks, each of them. */
  readonly transposed?: boolean;
  /**
   * The stored tensor is this many blocks of rows, one after the other; `blocks` of them make the weight. Heads
   * of a fused projection, heads of a [heads, in, dHead] tensor.
   */
  readonly blocks?: { readonly of: number; readonly take: readonly number[] };
  /** The stored tensor begins with this many rows that are not the weight's (OPT's positions). */
  readonly rowsBefore?: number;
  /** If no source exists: use this other weight of ours instead (tied unembedding). */
  readonly tiedTo?: string;
  /** If no source exists: there is no such weight (a bias). */
  readonly optional?: boolean;
  /** Not in any checkpoint: these values (rotary frequencies, a norm without weights). */
  readonly values?: Float32Array<ArrayBuffer>;
}

export interface Weights {
  matrix(name: string): Matrix;
  vector(name: string): Vector;
  /** For optional weights. */
  vectorIfAny(name: string): Vector | undefined;
}

/** The tokens of one forward pass: rows of any length, packed one after the other. */
export interface TokenBatch {
  /** u32 [count]. */
  readonly ids: Tensor;
  /** u32 [count]. */
  readonly positions: Tensor;
  /** u32 [count]: where each token's keys and values go. */
  readonly slots: Tensor;
  readonly cache: KeyValueCache;
  /** Its texts are longer than `config.shortContext`. */
  readonly isLong: boolean;
  /** Which keys each token sees in a layer with this window (one of `config.windows`; undefined: all). */
  visibility(window?: number): Visibility;
}

/**
 * Where every named activation passes through: the identity, unless this run captures or changes the site. The
 * tensors are [tokens, …] over the packed batch. What comes back takes the tensor's place.
 */
export interface Taps {
  /** The site is captured or changed: a fused kernel that hides it will not do. */
  wants(site: Site): boolean;
  /** The site is changed. */
  edits(site: Site): boolean;
  tap(site: Site, tensor: Tensor): Tensor;
  /** A site that is a range of another tensor's columns: q, k and v inside a fused projection. */
  columns(site: Site, tensor: Tensor, offset: number, width: number): Tensor;
}

export interface ForwardContext<C extends ModelConfig> {
  readonly config: C;
  readonly weights: Weights;
  readonly memory: TensorMemory;
  readonly taps: Taps;
}

/** One layer of a forward pass: where it is and what it works with. */
export interface Layer<C extends ModelConfig = ModelConfig> extends ForwardContext<C> {
  readonly index: number;
  readonly batch: TokenBatch;
  /** Of the architecture's `shared`. */
  readonly shared: Tensor | undefined;
  tap(name: BlockSiteName, tensor: Tensor): Tensor;
  /** x times our weight `<block>.<name>.weight`, plus its bias if it has one. */
  project(x: Tensor, name: string): Tensor;
  vector(name: string): Vector;
  /** Of the norm `name`. */
  scaleTap(name: "ln1" | "ln1_post" | "ln2" | "ln2_post"): ScaleTap;
}

export interface Architecture<C extends ModelConfig = ModelConfig> {
  readonly name: string;
  /** Reads `config.json`; refuses what it does not implement, with the field and its value. */
  parseConfig(json: Readonly<Record<string, unknown>>): C;
  weights(config: C): WeightSpec[];
  /** The sites of `protocol/sites.ts` that its models do without. */
  absentSites(config: C): readonly SiteName[];
  /** What every block reads besides the residual stream, where there is such a thing (shortformer's positions). */
  shared?(context: ForwardContext<C>, batch: TokenBatch): Tensor | undefined;
  /** Tokens → the residual stream that the first block reads, [tokens, dModel]. */
  embed(context: ForwardContext<C>, batch: TokenBatch): Tensor;
  /** The residual stream before a block → after it, [tokens, dModel]. The loop over blocks is `runBlocks`. */
  block(layer: Layer<C>, residPre: Tensor): Tensor;
  /** Residual rows [rows, dModel] → logits [rows, dVocab]. */
  head(context: ForwardContext<C>, residual: Tensor): Tensor;
  /** Where the weights are that methods read directly. */
  weightMap(config: C): WeightMap;
}
