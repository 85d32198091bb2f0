/** Cases of `topKSelect`: k of 1 to 512, ties at and past the border, NaN, infinities, few positives, segments, a merge. */
import { kernelCases, noise, type KernelCase } from "../case";
import { topKSelect } from "./topKSelect";

const NONE = 0xffffffff;

interface Options {
  readonly positiveOnly?: boolean;
  readonly segments?: number;
  readonly sourceIds?: Uint32Array<ArrayBuffer>;
  readonly outOffset?: number;
}

function caseOf(
  label: string,
  rows: number,
  k: number,
  x: Float32Array<ArrayBuffer>,
  { positiveOnly = false, segments = 1, sourceIds, outOffset = 0 }: Options = {},
): KernelCase {
  const outStride = segments * k + outOffset;
  const slots = rows * outStride;
  return {
    label,
    params: {
      ...{ rows, cols: x.length / rows, k, segments, positiveOnly: Number(positiveOnly) },
      ...{ hasIds: sourceIds ? 1 : 0, outStride, outOffset },
    },
    buffers: {
      x,
      sourceIds: sourceIds ?? new Uint32Array(1),
      ids: new Uint32Array(slots).fill(777),
      values: new Float32Array(slots).fill(777),
    },
    tolerance: 0,
  };
}

const specials = Float32Array.of(
  NaN,
  -0,
  0,
  -Infinity,
  5,
  NaN,
  -5,
  5,
  0,
  Infinity,
  -Infinity,
  NaN,
  1e-42,
  -1e-42,
);
const positiveOnly = true;
/** Values of both signs over many powers of two: the first pass leaves many in the list. */
const wide = (count: number, seed: number) =>
  noise(count, seed, 40).map((v) => Math.sign(v) * 2 ** Math.abs(v));
/** Slots of three segments of four, as the merge gets them: in order within a segment, empty ones last. */
const slots = Uint32Array.of(3, 9, 1, NONE, 12, 17, NONE, NONE, 25, 21, 20, 29);
const slotValues = Float32Array.of(5, 2, 1, 0, 5, 2, 0, 0, 9, 2, -1, -3);

export default kernelCases(topKSelect, [
  caseOf("one column", 2, 1, Float32Array.of(3, -3)),
  caseOf("one column, not positive", 2, 1, Float32Array.of(3, -3), { positiveOnly }),
  caseOf("one of many", 3, 1, noise(3 * 1000, 1, 4)),
  caseOf("32 of many rows", 9, 32, noise(9 * 5003, 2, 12), { positiveOnly }),
  caseOf("64 of 16,384", 2, 64, noise(2 * 16_384, 3, 1), { positiveOnly }),
  caseOf("512 of a row", 2, 512, noise(2 * 3001, 4, 12)),
  caseOf(
    "512 of values that lie close",
    2,
    512,
    noise(2 * 9000, 5, 1e-4).map((v) => 100 + v),
  ),
  caseOf("many powers of two", 2, 200, wide(2 * 2999, 6)),
  caseOf("the whole row", 2, 200, noise(2 * 200, 7, 5)),
  caseOf("k larger than the row", 3, 20, noise(3 * 7, 8, 5)),
  caseOf("fewer than k positives", 2, 100, noise(2 * 150, 9, 5), { positiveOnly }),
  caseOf(
    "no positives",
    2,
    5,
    noise(2 * 300, 10, 5).map((v) => -Math.abs(v)),
    { positiveOnly },
  ),
  caseOf("ties everywhere", 3, 33, noise(3 * 900, 11, 4).map(Math.round)),
  caseOf("ties of positives", 3, 70, noise(3 * 900, 12, 2).map(Math.round), { positiveOnly }),
  caseOf("all equal, more than the list holds", 2, 100, new Float32Array(2 * 2000).fill(-1.5)),
  caseOf(
    "all equal but two, one of them last",
    1,
    5,
    new Float32Array(1500).fill(2).with(700, 3).with(1499, 3),
  ),
  caseOf("zeros of both signs", 1, 3, Float32Array.of(-1, -0, 0, -0, 0, -2)),
  caseOf("NaN and infinities", 1, 14, specials),
  caseOf("NaN and infinities, cut at a tie", 1, 2, specials),
  caseOf("NaN and infinities, positive", 1, 14, specials, { positiveOnly }),
  caseOf("only NaN", 1, 3, new Float32Array(300).fill(NaN)),
  caseOf(
    "rising values",
    2,
    40,
    Float32Array.from({ length: 2 * 2500 }, (_, i) => (i % 2500) - 1200),
  ),
  caseOf("segments, the last shorter", 3, 10, noise(3 * 1003, 13, 4), { segments: 4 }),
  caseOf("more segments than columns, beside another's slots", 2, 2, noise(2 * 5, 14, 4), {
    segments: 4,
    outOffset: 3,
  }),
  caseOf("a merge", 1, 5, slotValues, { sourceIds: slots }),
  caseOf("a merge of positives", 1, 9, slotValues, { sourceIds: slots, positiveOnly }),
]);
