/** Cases of `rotaryBackward`: both pairings, partial rotation, several scalars, far positions. */
import { kernelCases, noise, type KernelCase } from "../case";
import { rotaryBackward } from "./rotaryBackward";

interface Size {
  readonly own: number;
  readonly heads: number;
  readonly dHead: number;
  readonly rotaryDims: number;
  readonly scalars?: number;
  readonly interleaved?: number;
  readonly magnitude?: number;
  /** Position of row r is r * step. */
  readonly step?: number;
}

function caseOf(label: string, size: Size, tolerance = 1e-5): KernelCase {
  const { own, heads, dHead, rotaryDims, scalars = 1, interleaved = 0, magnitude = 1, step = 1 } = size;
  const rows = scalars * own;
  return {
    label,
    params: { rows, own, heads, dHead, rotaryDims, interleaved, magnitude },
    buffers: {
      dy: noise(rows * heads * dHead, rows + dHead),
      positions: Uint32Array.from({ length: own }, (_, row) => row * step),
      frequencies: Float32Array.from({ length: rotaryDims / 2 }, (_, i) => 10000 ** ((-2 * i) / rotaryDims)),
      dx: new Float32Array(rows * heads * dHead).fill(777),
    },
    tolerance,
  };
}

export default kernelCases(rotaryBackward, [
  caseOf("one pair", { own: 1, heads: 1, dHead: 2, rotaryDims: 2, step: 3 }),
  caseOf("whole head, three scalars", { own: 70, heads: 3, dHead: 16, rotaryDims: 16, scalars: 3 }),
  caseOf("interleaved", { own: 70, heads: 3, dHead: 16, rotaryDims: 16, interleaved: 1 }),
  caseOf("a quarter of the head", { own: 9, heads: 2, dHead: 24, rotaryDims: 6 }),
  caseOf("a quarter, interleaved, two scalars", {
    ...{ own: 9, heads: 2, dHead: 24, rotaryDims: 6, interleaved: 1, scalars: 2 },
  }),
  caseOf("longer than it was", { own: 9, heads: 2, dHead: 24, rotaryDims: 18, magnitude: 1.19 }),
  // As in the cases of `rotary`.
  caseOf("far positions", { own: 40, heads: 1, dHead: 64, rotaryDims: 64, step: 801 }, 3e-3),
]);
