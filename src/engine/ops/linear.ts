/**
 * y = x Wᵀ + b, in one of three regimes: few rows are bound by reading W once (matvec), up to 32 rows share
 * one pass over W (skinny), more rows are bound by arithmetic (register-tiled). The boundaries are those of
 * the kernels' own row limits.
 */
import type { TensorMemory, Tensor } from "../device/tensor";
import {
  linearBackward as linearBackwardF32,
  linearBackwardByte,
  linearBackwardHalf,
} from "../kernels/linearBackward/linearBackward";
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
import type { Matrix, Vector } from "./weights";

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
  memory.tape?.record(y, [x], (dy) => [linearBackward(memory, dy, w)]);
  return y;
}

const BACKWARD = { f32: linearBackwardF32, f16: linearBackwardHalf, q8: linearBackwardByte } as const;

/** dy [rows, out], w [out, in] → dy w [rows, in], chunk by chunk, each adding to what the one before gave. */
export function linearBackward(memory: TensorMemory, dy: Tensor, w: Matrix): Tensor {
  const [out, inner] = w.shape;
  const rows = dy.size / out;
  const kernel = BACKWARD[w.dtype];
  let sum: Tensor | undefined;
  for (const chunk of w.chunks) {
    const dx = memory.make([rows, inner], "linearBackward");
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
