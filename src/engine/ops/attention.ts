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
  const step: AttentionStep = { q, cache, visibility, shape, scoring };
  const isLive = [q.tensor, cache.keys, cache.values].some((tensor) => memory.tape?.isLive(tensor));
  if (!taps.wanted && !isLive) return bareAttention(memory, step);
  if (!taps.edited && !memory.tape) return storedAttention(memory, step, taps);
  return attentionInSteps(memory, step, taps);
}

/** What the kernels of a step are given: buffers, sizes, and how a score is made. */
function argumentsOf({ q, cache, visibility, shape, scoring }: AttentionStep) {
  const { visible, positionsAt, spans } = visibility;
  const { heads, kvHeads, dHead } = shape;
  const { scale, cap = 0, maxAlibiBias = 0 } = scoring;
  const [queries = 0] = spans.shape;
  return {
    q: q.tensor.buffer,
    keys: cache.keys.buffer,
    values: cache.values.buffer,
    lists: { visible: visible.buffer, spans: spans.buffer },
    sizes: { queries, heads, kvHeads, dHead },
    from: { qStride: stride(q), qOffset: q.offset, scale, cap, maxAlibiBias, positionsAt },
  };
}

const emptyMix = (memory: TensorMemory, { visibility: { spans }, shape }: AttentionStep) =>
  memory.make([spans.shape[0] ?? 0, shape.heads * shape.dHead], "attention");

/** [queries, heads, maxKeys], for scores and pattern. */
const emptyScores = (memory: TensorMemory, { visibility, shape }: AttentionStep, label: string) =>
  memory.make([visibility.spans.shape[0] ?? 0, shape.heads, visibility.maxKeys], label);

/** One kernel; scores and pattern are never stored. */
function bareAttention(memory: TensorMemory, step: AttentionStep): Tensor {
  const { q, keys, values, lists, sizes, from } = argumentsOf(step);
  const z = emptyMix(memory, step);
  memory.device.run(attentionKernel, { q, keys, values, ...lists, z: z.buffer }, { ...sizes, ...from });
  return z;
}

/** One kernel that also stores scores and pattern, as nothing changes them on the way. */
function storedAttention(memory: TensorMemory, step: AttentionStep, taps: AttentionTaps): Tensor {
  const { q, keys, values, lists, sizes, from } = argumentsOf(step);
  const z = emptyMix(memory, step);
  const scores = emptyScores(memory, step, "attentionScores");
  const pattern = emptyScores(memory, step, "attentionPattern");
  const stores = { scores: scores.buffer, pattern: pattern.buffer };
  memory.device.run(
    attentionTapped,
    { q, keys, values, ...lists, z: z.buffer, ...stores },
    { ...sizes, ...from, stride: step.visibility.maxKeys },
  );
  taps.scores(scores);
  taps.pattern(pattern);
  return z;
}

/** Scores → pattern → mix: each reads what the taps made of the one before it, and is recorded on a tape. */
function attentionInSteps(memory: TensorMemory, step: AttentionStep, taps: AttentionTaps): Tensor {
  const { tape } = memory;
  const { cache, visibility } = step;
  const { q, keys, values, lists, sizes, from } = argumentsOf(step);
  const { queries, heads } = sizes;
  const z = emptyMix(memory, step);
  const rawScores = emptyScores(memory, step, "attentionScores");
  const rawPattern = emptyScores(memory, step, "attentionPattern");
  memory.device.run(
    attentionScores,
    { q, keys, ...lists, scores: rawScores.buffer },
    { ...sizes, ...from, stride: visibility.maxKeys },
  );
  tape?.record(rawScores, [step.q.tensor, cache.keys], scoresPullback(memory, step, rawScores));
  const scores = taps.wanted ? taps.scores(rawScores) : rawScores;
  memory.device.run(
    attentionPattern,
    { scores: scores.buffer, spans: lists.spans, pattern: rawPattern.buffer },
    { queries, heads, stride: visibility.maxKeys },
  );
  if (!tape?.isFrozen("patterns")) {
    tape?.record(rawPattern, [scores], patternPullback(memory, step, rawPattern));
  }
  const pattern = taps.wanted ? taps.pattern(rawPattern) : rawPattern;
  memory.device.run(
    attentionMix,
    { pattern: pattern.buffer, values, ...lists, z: z.buffer },
    { ...sizes, stride: visibility.maxKeys },
  );
  tape?.record(z, [pattern, cache.values], mixPullback(memory, step, pattern));
  return z;
}
