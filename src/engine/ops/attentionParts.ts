/** What attention works on: lists of visible keys, shapes of heads, and what a score is made of. */
import type { Tensor } from "../device/tensor";
import type { LayerCache } from "./keyValueCache";

/** Which slots each query of a batch may see. */
export interface Visibility {
  /** u32: lists of cache slots in order of position, one after the other. */
  readonly visible: Tensor;
  /** Where in `visible` the position of each of those slots' tokens stands; only models with ALiBi have them there. */
  readonly positionsAt: number;
  /** u32 [queries, 4]: offset into `visible`, count, the query's own slot, which it always sees, and its position. */
  readonly spans: Tensor;
  /** The largest count, plus one for the query itself. */
  readonly maxKeys: number;
  /** The same turned round, where gradients are wanted. */
  readonly seenBy?: SeenBy;
}

export interface HeadShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
}

/** A matrix inside the columns of a wider one: q, k or v inside a fused projection. */
export interface Columns {
  readonly tensor: Tensor;
  /** First column. */
  readonly offset: number;
}

/** What q·k goes through on its way to a score. */
export interface Scoring {
  readonly scale: number;
  /** Scores become cap tanh(score / cap) (Gemma 2). */
  readonly cap?: number | undefined;
  /**
   * ALiBi (Press et al. 2022): after that, each head's slope times (key position - query position) is added. The slopes
   * follow from this number, 8 in the paper (kernels/attention/alibiSlope.ts).
   */
  readonly maxAlibiBias?: number | undefined;
}

/** The visibility lists turned round, made once a batch. */
export interface SeenBy {
  /** u32 [pairs, 2] = query, place in its list of keys (its own key last): token after token, queries in order. */
  readonly pairs: Tensor;
  /** u32 [tokens + 1]: where each token's pairs begin. */
  readonly firsts: Tensor;
  /** u32 [scalars * queries, 4]: the spans of every query, once for each scalar. */
  readonly spans: Tensor;
}

/** What one layer's attention worked on. */
export interface AttentionStep {
  readonly q: Columns;
  readonly cache: LayerCache;
  readonly visibility: Visibility;
  readonly shape: HeadShape;
  readonly scoring: Scoring;
}
