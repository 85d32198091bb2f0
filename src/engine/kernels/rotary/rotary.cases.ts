/** Cases of `rotary`: both pairings, partial rotation, part of a fused QKV, far positions. */
import { kernelCases, noise, type KernelCase } from "../case";
import { rotary } from "./rotary";

interface Size {
  readonly rows: number;
  readonly heads: number;
  readonly dHead: number;
  readonly rotaryDims: number;
  readonly xPadding?: number;
  readonly xOffset?: number;
  readonly interleaved?: number;
  readonly magnitude?: number;
  /** Position of row r is r * step. */
  readonly step?: number;
}

function caseOf(label: string, size: Size, tolerance = 1e-5): KernelCase {
  const {
    rows,
    heads,
    dHead,
    rotaryDims,
    xPadding = 0,
    xOffset = 0,
    interleaved = 0,
    step = 1,
    magnitude = 1,
  } = size;
  const xStride = heads * dHead + xPadding;
  return {
    label,
    params: { rows, heads, dHead, rotaryDims, xStride, xOffset, interleaved, magnitude },
    buffers: {
      x: noise(rows * xStride + xOffset, rows + dHead),
      positions: Uint32Array.from({ length: rows }, (_, row) => row * step),
      frequencies: Float32Array.from({ length: rotaryDims / 2 }, (_, i) => 10000 ** ((-2 * i) / rotaryDims)),
      y: new Float32Array(rows * heads * dHead).fill(777),
    },
    tolerance,
  };
}

export default kernelCases(rotary, [
  caseOf("one pair", { rows: 1, heads: 1, dHead: 2, rotaryDims: 2, step: 3 }),
  caseOf("whole head", { rows: 70, heads: 3, dHead: 16, rotaryDims: 16 }),
  caseOf("interleaved", { rows: 70, heads: 3, dHead: 16, rotaryDims: 16, interleaved: 1 }),
  caseOf("a quarter of the head", { rows: 9, heads: 2, dHead: 24, rotaryDims: 6 }),
  caseOf("a quarter, interleaved", { rows: 9, heads: 2, dHead: 24, rotaryDims: 6, interleaved: 1 }),
  caseOf("longer than it was", { rows: 9, heads: 2, dHead: 24, rotaryDims: 18, magnitude: 1.19 }),
  caseOf("inside a fused QKV", { rows: 33, heads: 2, dHead: 10, rotaryDims: 10, xPadding: 40, xOffset: 20 }),
  // Half a unit in the last place of an angle near 30,000 is 1e-3: a shader compiler may fuse the product away.
  caseOf("far positions", { rows: 40, heads: 1, dHead: 64, rotaryDims: 64, step: 801 }, 3e-3),
  caseOf("whole turns", { rows: 200, heads: 1, dHead: 2, rotaryDims: 2, step: 355 }, 3e-3),
]);
