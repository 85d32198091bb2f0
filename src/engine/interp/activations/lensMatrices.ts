/** Matrices that carry a residual stream into the last block's basis, on the host, sent a layer at a time. */
import type { Tensor, TensorMemory } from "../../device/tensor";
import { linear } from "../../ops/linear";
import type { Matrix, MatrixChunk } from "../../ops/weights";

export interface LensMatrices {
  /** Blocks whose output has a matrix, ascending. */
  readonly layers: readonly number[];
  /** f32 [dModel, dModel], row-major: x of the last block ≈ J x. */
  matrix(layer: number): Float32Array<ArrayBuffer>;
}

/** x [rows, dModel] → x Jᵀ [rows, dModel]. The matrix belongs to the open scope; sending submits what was recorded before. */
export function carried(memory: TensorMemory, x: Tensor, J: Float32Array<ArrayBuffer>): Tensor {
  return memory.scope(() => linear(memory, x, sent(memory, J, Math.sqrt(J.length))));
}

function sent(memory: TensorMemory, J: Float32Array<ArrayBuffer>, dModel: number): Matrix {
  const most = Math.max(1, Math.floor(memory.device.limits.maxBufferBytes / (4 * dModel)));
  const chunks: MatrixChunk[] = [];
  for (let firstRow = 0; firstRow < dModel; firstRow += most) {
    const rows = Math.min(most, dModel - firstRow);
    const part = J.slice(firstRow * dModel, (firstRow + rows) * dModel);
    chunks.push({ buffer: memory.from(part, [rows, dModel], "lens").buffer, firstRow, rows });
  }
  return { shape: [dModel, dModel], dtype: "f32", chunks };
}
