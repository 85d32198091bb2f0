/**
 * Attention of packed ragged rows over the key-value cache, in one kernel: bare, or also storing the scores and the
 * pattern where they are captured, with the same z bit for bit. Where they are changed it is three kernels (scores →
 * pattern → mix), so that what comes later sees the change; unchanged, their results equal the one kernel's to
 * rounding. On a tape it is those three steps too, each with its pullback (attentionPullbacks.ts).
 */
import type { Tensor, TensorMemory } from "../device/tensor";
import { attention as attentionKernel } from "../kernels/attention/attention";
import { attentionMix } from "../kernels/attentionMix/attentionMix";
import { attentionPattern } from "../kernels/attentionPattern/attentionPattern";
import { attentionScores } from "../kernels/attentionScores/attentionScores";
import { attentionTapped } from "../kernels/attentionTapped/attentionTapped";
import { storeKeyValues } from "../kernels/storeKeyValues/storeKeyValues";
import type { AttentionStep, Columns, HeadShape, Scoring, Visibility } from "./attentionParts";
import { mixPullback, patternPullback, placed, scoresPullback } from "./attentionPullbacks";
import type { LayerCache } from "./keyValueCache";

export type { Columns, HeadShape, Scoring, SeenBy, Visibility } from "./attentionParts";

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
  // The cache stands for what this batch put into it: its cotangents have one row a token.
  memory.tape?.record(cache.keys, [keys.tensor], (dKeys) => [placed(memory, dKeys, keys, width)]);
  memory.tape?.record(cache.values, [values.tensor], (dValues) => [placed(memory, dValues, values, width)]);
}

/** q [queries, heads * dHead] → z [queries, heads * dHead]: softmax of the scores over visible slots, times v. */
export function attention(
  memory: TensorMemory,
  q: Columns,
  cache: LayerCache,
  visibility: Visibility,
  shape: HeadShape,
  scoring: Scoring,
  taps: AttentionTaps,
): Tensor {
  const { visible, positionsAt, spans, maxKeys } = visibility;
  const { heads, kvHeads, dHead } = shape;
  const { scale, cap = 0, maxAlibiBias = 0 } = scoring;
  const { tape } = memory;
  const isLive = [q.tensor, cache.keys, cache.values].some((tensor) => tape?.isLive(tensor));
  const [queries = 0] = spans.shape;
  const sizes = { queries, heads, kvHeads, dHead };
  const from = { qStride: stride(q), qOffset: q.offset, scale, cap, maxAlibiBias, positionsAt };
  const lists = { visible: visible.buffer, spans: spans.buffer };
  const keys = cache.keys.buffer;
  const values = cache.values.buffer;
  const z = memory.make([queries, heads * dHead], "attention");
  if (!taps.wanted && !isLive) {
    const buffers = { q: q.tensor.buffer, keys, values, ...lists, z: z.buffer };
    memory.device.run(attentionKernel, buffers, { ...sizes, ...from });
    return z;
  }
  const rawScores = memory.make([queries, heads, maxKeys], "attentionScores");
  const rawPattern = memory.make([queries, heads, maxKeys], "attentionPattern");
  if (!taps.edited && !tape) {
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
  const step: AttentionStep = { q, cache, visibility, shape, scoring };
  tape?.record(rawScores, [q.tensor, cache.keys], scoresPullback(memory, step, rawScores));
  const scores = taps.wanted ? taps.scores(rawScores) : rawScores;
  memory.device.run(
    attentionPattern,
    { scores: scores.buffer, spans: spans.buffer, pattern: rawPattern.buffer },
    { queries, heads, stride: maxKeys },
  );
  if (!tape?.isFrozen("patterns")) {
    tape?.record(rawPattern, [scores], patternPullback(memory, step, rawPattern));
  }
  const pattern = taps.wanted ? taps.pattern(rawPattern) : rawPattern;
  memory.device.run(
    attentionMix,
    { pattern: pattern.buffer, values, ...lists, z: z.buffer },
    { ...sizes, stride: maxKeys },
  );
  tape?.record(z, [pattern, cache.values], mixPullback(memory, step, pattern));
  return z;
}
