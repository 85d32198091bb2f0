/**
 * Pullbacks of attention's three steps. The scores and the pattern are those that the step made when its block ran again:
 *
 *   z = pattern · values    to the pattern: z's cotangent · values, the formula of scores; to values: sums over the queries
 *                           that see each token
 *   pattern = softmax       p (dp - Σ p dp)
 *   scores = scale q · keys (soft-capped: times 1 - (score / cap)²)   to queries: the formula of the mix; to keys: sums again
 *
 * Cotangents of keys and values are those of this batch's tokens, [scalars, tokens, kvHeads * dHead]: other slots of the cache
 * hold what was computed before, which is constant here.
 */
import type { Tensor, TensorMemory } from "../device/tensor";
import { attentionMix } from "../kernels/attentionMix/attentionMix";
import { attentionScores } from "../kernels/attentionScores/attentionScores";
import { backward } from "./backward";
import type { AttentionStep, Columns, SeenBy } from "./attentionParts";
import { scale as scaled, softcapBackward } from "./elementwise";

function seenByOf({ visibility: { seenBy } }: AttentionStep): SeenBy {
  if (seenBy) return seenBy;
  throw new Error("attention was recorded on a tape in a batch without its lists turned round");
}

/** A matrix [rows, width] in its place among the columns of a wider one, where it has one. */
export function placed(memory: TensorMemory, dy: Tensor, { tensor, offset }: Columns, width: number): Tensor {
  const [, cols = 0] = tensor.shape;
  if (offset === 0 && width === cols) return dy;
  const rows = dy.size / width;
  const dx = memory.make([rows, cols], "placeColumns");
  memory.device.run(backward().placeColumns, { dy: dy.buffer, dx: dx.buffer }, { rows, width, cols, offset });
  return dx;
}

/** dz [scalars * queries, heads * dHead] → of the pattern and of the values. */
export function mixPullback(memory: TensorMemory, step: AttentionStep, pattern: Tensor) {
  return (dz: Tensor, [toPattern, toValues]: readonly boolean[]) => {
    const { heads, kvHeads, dHead } = step.shape;
    const width = heads * dHead;
    const rows = dz.size / width;
    const seenBy = seenByOf(step);
    const { visible, maxKeys: stride } = step.visibility;
    let dPattern: Tensor | undefined;
    if (toPattern) {
      dPattern = memory.make([rows, heads, stride], "cotangent of the pattern");
      memory.device.run(
        attentionScores,
        {
          ...{ q: dz.buffer, keys: step.cache.values.buffer, visible: visible.buffer },
          ...{ spans: seenBy.spans.buffer, scores: dPattern.buffer },
        },
        {
          ...{ queries: rows, heads, kvHeads, dHead, qStride: width, qOffset: 0, scale: 1, cap: 0 },
          ...{ maxAlibiBias: 0, positionsAt: 0, stride },
        },
      );
    }
    const [queries = 0] = pattern.shape;
    const ofZ = { tensor: dz, offset: 0 };
    const counts = { rows, queries, cRows: queries, xRows: rows };
    return [dPattern, toValues ? sumOverQueries(memory, step, pattern, ofZ, counts, 1) : undefined];
  };
}

/** dPattern [scalars * queries, heads, maxKeys] → of the scores. */
export function patternPullback(memory: TensorMemory, { visibility }: AttentionStep, pattern: Tensor) {
  return (dPattern: Tensor) => {
    const [own = 0, heads = 0, stride = 0] = pattern.shape;
    const queries = dPattern.size / (heads * stride);
    const dScores = memory.make(dPattern.shape, "cotangent of the scores");
    memory.device.run(
      backward().attentionPatternBackward,
      {
        ...{ dPattern: dPattern.buffer, pattern: pattern.buffer, spans: visibility.spans.buffer },
        dScores: dScores.buffer,
      },
      { queries, own, heads, stride },
    );
    return [dScores];
  };
}

/** dScores [scalars * queries, heads, maxKeys] → of the queries, in their columns, and of the keys. */
export function scoresPullback(memory: TensorMemory, step: AttentionStep, scores: Tensor) {
  return (dScores: Tensor, [toQueries, toKeys]: readonly boolean[]) => {
    const { heads, kvHeads, dHead } = step.shape;
    const { scale, cap, maxAlibiBias } = step.scoring;
    if (cap && maxAlibiBias) throw new Error("no pullback of scores that are capped and fall with distance");
    const [queries = 0, , stride = 0] = scores.shape;
    const rows = dScores.size / (heads * stride);
    const raw = cap ? softcapBackward(memory, dScores, scores, cap) : dScores;
    let dq: Tensor | undefined;
    if (toQueries) {
      const mixed = memory.make([rows, heads * dHead], "cotangent of the queries");
      memory.device.run(
        attentionMix,
        {
          ...{ pattern: raw.buffer, values: step.cache.keys.buffer, visible: step.visibility.visible.buffer },
          ...{ spans: seenByOf(step).spans.buffer, z: mixed.buffer },
        },
        { queries: rows, heads, kvHeads, dHead, stride },
      );
      dq = placed(memory, scaled(memory, mixed, scale), step.q, heads * dHead);
    }
    const counts = { rows, queries, cRows: rows, xRows: queries };
    return [dq, toKeys ? sumOverQueries(memory, step, raw, step.q, counts, scale) : undefined];
  };
}

/** Of each token the sum over the queries that see it: [rows, kvHeads * dHead]. */
function sumOverQueries(
  memory: TensorMemory,
  step: AttentionStep,
  coefficients: Tensor,
  x: Columns,
  { rows, queries: own, cRows, xRows }: Readonly<Record<"rows" | "queries" | "cRows" | "xRows", number>>,
  factor: number,
): Tensor {
  const { heads, kvHeads, dHead } = step.shape;
  const { pairs, firsts } = seenByOf(step);
  const dKeys = memory.make([rows, kvHeads * dHead], "attentionKeysBackward");
  memory.device.run(
    backward().attentionKeysBackward,
    {
      ...{ coefficients: coefficients.buffer, x: x.tensor.buffer },
      ...{ seenBy: pairs.buffer, firsts: firsts.buffer, dKeys: dKeys.buffer },
    },
    {
      ...{ rows, own, heads, kvHeads, dHead, stride: step.visibility.maxKeys, cRows, xRows },
      ...{ xStride: x.tensor.shape[1] ?? 0, xOffset: x.offset, factor },
    },
  );
  return dKeys;
}
