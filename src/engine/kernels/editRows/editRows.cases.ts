/** Cases of `editRows`: nothing to do, whole rows, overlapping entries in order, an offset, infinities dropped. */
import { kernelCases, noise, type KernelCase } from "../case";
import { editRows, NO_VALUES } from "./editRows";

type Entry = readonly [start: number, width: number, values: number, keep: number];

function caseOf(
  label: string,
  rows: number,
  cols: number,
  spans: readonly number[],
  entries: readonly Entry[],
  { offset = 0, infiniteAt = -1 } = {},
): KernelCase {
  const x = noise(rows * cols, rows + cols, 3);
  if (infiniteAt >= 0) x[infiniteAt] = -Infinity;
  return {
    label,
    params: { rows, cols, offset },
    buffers: {
      x,
      spans: Uint32Array.from(spans),
      // A binding is never empty.
      entries: Uint32Array.from(entries.length > 0 ? entries.flatMap((e) => e.slice(0, 3)) : [0, 0, 0]),
      keeps: Float32Array.from(entries.length > 0 ? entries.map(([, , , keep]) => keep) : [1]),
      values: noise(600, 5, 2),
      y: new Float32Array(rows * cols).fill(777),
    },
  };
}

export default kernelCases(editRows, [
  caseOf("one element, left alone", 1, 1, [0, 0], []),
  caseOf("one element, replaced", 1, 1, [0, 1], [[0, 1, 3, 0]]),
  caseOf("whole rows, shared entries, past a workgroup", 3, 257, [0, 1, 0, 0, 0, 1], [[0, 257, 0, 0.5]]),
  caseOf(
    "overlapping entries in order",
    2,
    40,
    [0, 3, 2, 1],
    [
      [0, 10, NO_VALUES, 0],
      [5, 20, 100, 1],
      [8, 4, 200, -2],
    ],
  ),
  caseOf(
    "behind other columns",
    2,
    96,
    [0, 1, 1, 1],
    [
      [0, 8, NO_VALUES, 0],
      [24, 8, 0, 0],
    ],
    { offset: 64 },
  ),
  caseOf("the last column only", 4, 65, [0, 0, 0, 1, 0, 0, 0, 1], [[64, 1, 7, 1]]),
  caseOf("drops what is not finite", 1, 8, [0, 1], [[2, 3, 11, 0]], { infiniteAt: 3 }),
]);
