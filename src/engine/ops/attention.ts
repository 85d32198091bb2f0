/**
 * Attention of packed ragged rows over the key-value cache, in one kernel: bare, or also storing the scores and the
 * pattern where they are captured, with the same z bit for bit. Where they are changed it is three kernels (scores →
 * pattern → mix), so that what comes later sees the change; unchanged, their results equal the one kernel's to
 * rounding.
 */
import type { Tensor, TensorMemory } from "../device/tensor";
import { attention as attentionKernel } from "../kernels/attention/attention";
import { attentionMix } from "../kernels/attentionMix/attentionMix";
import { attentionPattern } from "../kernels/attentionPattern/attentionPattern";
import { attentionScores } from "../kernels/attentionScores/attentionScores";
import { attentionTapped } from "../kernels/attentionTapped/attentionTapped";
import { storeKeyValues } from "../kernels/storeKeyValues/storeKeyValues";
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

/** Where scores and pattern pass through, when they are wanted: [queries, heads, maxKeys], self last. */
export interface AttentionTaps {
  /** Without this they are never stored, and the taps not called. */
  readonly wanted: boolean;
  /** What the taps give back may differ from what they were given. */
  readonly edited: boolean;
  scores(scores: Tensor): Tensor;
  pattern(pattern: Tensor): Tensor;
}

const stride = ({ tensor }: Columns) => tensor.shape[1] ?? 0;

/** Puts this batch's keys and values [rows, kvHeads * dHead] into their cache slots (u32 [rows]). */
export function storeInCache(
  memory: TensorMemory,
  cache: LayerCache,
  slots: Tensor,
  keys: Columns,
  values: Columns,
): void {
  const [rows = 0] = slots.shape;
  const [, width = 0] = cache.keys.shape;
  memory.device.run(
    storeKeyValues,
    {
      keys: keys.tensor.buffer,
      values: values.tensor.buffer,
      slots: slots.buffer,
      keyCache: cache.keys.buffer,
      valueCache: cache.values.buffer,
    },
    {
      rows,
      width,
      kStride: stride(keys),
      kOffset: keys.offset,
      vStride: stride(values),
      vOffset: values.offset,
    },
  );
}

/** q [queries, heads * dHead] → z [queries, heads * dHead]: softmax of the scores over visible slots, times v. */
export function attention(
  memory: TensorMemory,
  q: Columns,
  cache: LayerCache,
  { visible, positionsAt, spans, maxKeys }: Visibility,
  { heads, kvHeads, dHead }: HeadShape,
  { scale, cap = 0, maxAlibiBias = 0 }: Scoring,
  taps: AttentionTaps,
): Tensor {
  const [queries = 0] = spans.shape;
  const sizes = { queries, heads, kvHeads, dHead };
  const from = { qStride: stride(q), qOffset: q.offset, scale, cap, maxAlibiBias, positionsAt };
  const lists = { visible: visible.buffer, spans: spans.buffer };
  const keys = cache.keys.buffer;
  const values = cache.values.buffer;
  const z = memory.make([queries, heads * dHead], "attention");
  if (!taps.wanted) {
    const buffers = { q: q.tensor.buffer, keys, values, ...lists, z: z.buffer };
    memory.device.run(attentionKernel, buffers, { ...sizes, ...from });
    return z;
  }
  const rawScores = memory.make([queries, heads, maxKeys], "attentionScores");
  const rawPattern = memory.make([queries, heads, maxKeys], "attentionPattern");
  if (!taps.edited) {
    const stores = { scores: rawScores.buffer, pattern: rawPattern.buffer };
    const buffers = { q: q.tensor.buffer, keys, values, ...lists, z: z.buffer, ...stores };
    memory.device.run(attentionTapped, buffers, { ...sizes, ...from, stride: maxKeys });
    taps.scores(rawScores);
    taps.pattern(rawPattern);
    return z;
  }
  memory.device.run(
    attentionScores,
    { q: q.tensor.buffer, keys, ...lists, scores: rawScores.buffer },
    { ...sizes, ...from, stride: maxKeys },
  );
  const scores = taps.scores(rawScores);
  memory.device.run(
    attentionPattern,
    { scores: scores.buffer, spans: spans.buffer, pattern: rawPattern.buffer },
    { queries, heads, stride: maxKeys },
  );
  const pattern = taps.pattern(rawPattern);
  memory.device.run(
    attentionMix,
    { pattern: pattern.buffer, values, ...lists, z: z.buffer },
    { ...sizes, stride: maxKeys },
  );
  return z;
}
