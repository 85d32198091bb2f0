/**
 * y = x Wᵀ + b, in one of three regimes: few rows are bound by reading W once (matvec), up to 32 rows share
 * one pass over W (skinny), more rows are bound by arithmetic (register-tiled). The boundaries are those of
 * the kernels' own row limits.
 */
import type { TensorMemory, Tensor } from "../device/tensor";
import {
  matmulSkinny,
  matmulSkinnyByte,
  matmulSkinnyHalf,
  matmulTiled,
  matmulTiledByte,
  matmulTiledHalf,
  matvec,
  matvecByte,
  matvecHalf,
} from "../kernels/matmul/matmul";
import { backward } from "./backward";
import { summedRows } from "./summedRows";
import type { Matrix, MatrixChunk, Vector } from "./weights";

const MATVEC_ROWS = 4;
const SKINNY_ROWS = 32;

const KERNELS = {
  f32: [matvec, matmulSkinny, matmulTiled],
  f16: [matvecHalf, matmulSkinnyHalf, matmulTiledHalf],
  q8: [matvecByte, matmulSkinnyByte, matmulTiledByte],
} as const;

function kernelFor(rows: number, dtype: Matrix["dtype"]) {
  const [few, some, many] = KERNELS[dtype];
  if (rows <= MATVEC_ROWS) return few;
  return rows <= SKINNY_ROWS ? some : many;
}

/** x [rows, in], w [out, in], bias [out] → y [rows, out]. A split matrix fills its columns chunk by chunk. */
export function linear(memory: TensorMemory, x: Tensor, w: Matrix, bias?: Vector): Tensor {
  const [rows = 0] = x.shape;
  const [out, inner] = w.shape;
  const y = memory.make([rows, out], "linear");
  const kernel = kernelFor(rows, w.dtype);
  memory.fill(y, () => {
    for (const chunk of w.chunks) {
      memory.device.run(
        kernel,
        { x: x.buffer, w: chunk.buffer, bias: bias?.buffer ?? x.buffer, y: y.buffer },
        { rows, inner, cols: chunk.rows, hasBias: bias ? 1 : 0, yStride: out, yOffset: chunk.firstRow },
      );
    }
  });
  memory.tape?.record(y, [x], (dy, [wantsX]) => [wantsX ? linearBackward(memory, dy, w) : undefined], [
    { weight: w, pullback: (dy) => weightsBackward(memory, dy, x) },
    ...(bias ? [{ weight: bias, pullback: (dy: Tensor) => summedRows(memory, dy, out) }] : []),
  ]);
  return y;
}

/** dy [rows, out], x [rows, in] → dyᵀ x [out, in]. */
function weightsBackward(memory: TensorMemory, dy: Tensor, x: Tensor): Tensor {
  const [rows = 0] = x.shape;
  const [inner, cols] = [x.size / rows, dy.size / rows];
  const dw = memory.make([cols, inner], "linearWeightsBackward");
  const buffers = { dy: dy.buffer, x: x.buffer, dw: dw.buffer };
  memory.device.run(backward().linearWeightsBackward, buffers, { rows, inner, cols });
  return dw;
}

const BACKWARD = { f32: "linearBackward", f16: "linearBackwardHalf", q8: "linearBackwardByte" } as const;
const BACKWARD_FEW = {
  f32: "linearBackwardFew",
  f16: "linearBackwardFewHalf",
  q8: "linearBackwardFewByte",
} as const;

/** The most rows that are taken in slices of output features, and how many of those a slice has. */
const FEW_ROWS = 4;
const SLICE = 256;

/** dy [rows, out], w [out, in] → dy w [rows, in], chunk by chunk, each adding to what the one before gave. */
export function linearBackward(memory: TensorMemory, dy: Tensor, w: Matrix): Tensor {
  const [out, inner] = w.shape;
  const rows = dy.size / out;
  const kernel = backward()[BACKWARD[w.dtype]];
  let sum: Tensor | undefined;
  for (const chunk of w.chunks) {
    const dx = memory.make([rows, inner], "linearBackward");
    // A long sum of one row keeps few workgroups busy for long: many take a slice of it each.
    if (rows <= FEW_ROWS && chunk.rows >= 2 * SLICE) {
      sum = inSlices(memory, dy, w, chunk, sum, dx);
      continue;
    }
    memory.device.run(
      kernel,
      { dy: dy.buffer, w: chunk.buffer, start: (sum ?? dy).buffer, dx: dx.buffer },
      { rows, inner, cols: chunk.rows, yStride: out, yOffset: chunk.firstRow, hasStart: sum ? 1 : 0 },
    );
    sum = dx;
  }
  if (!sum) throw new Error("a matrix without rows");
  return sum;
}

function inSlices(
  memory: TensorMemory,
  dy: Tensor,
  { shape: [yStride, inner], dtype }: Matrix,
  { buffer, firstRow, rows: cols }: MatrixChunk,
  start: Tensor | undefined,
  dx: Tensor,
): Tensor {
  const rows = dy.size / yStride;
  const slices = Math.ceil(cols / SLICE);
  const parts = memory.make([slices, rows, inner], "linearBackwardFew");
  memory.device.run(
    backward()[BACKWARD_FEW[dtype]],
    { dy: dy.buffer, w: buffer, parts: parts.buffer },
    { rows, inner, cols, yStride, yOffset: firstRow, slice: SLICE },
  );
  memory.device.run(
    backward().sumSlices,
    { parts: parts.buffer, start: (start ?? parts).buffer, y: dx.buffer },
    { count: rows * inner, slices, hasStart: start ? 1 : 0 },
  );
  return dx;
}
