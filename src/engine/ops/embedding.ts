/** Rows of a table by index: token and position embeddings, and picking the rows that are scored. */
import type { DeviceBuffer } from "../device/device";
import type { Tensor, TensorMemory } from "../device/tensor";
import { embedding as embeddingF32, embeddingByte, embeddingHalf } from "../kernels/embedding/embedding";
import type { Matrix } from "./weights";

const KERNELS = { f32: embeddingF32, f16: embeddingHalf, q8: embeddingByte } as const;

/** table [n, cols], ids [rows] → y [rows, cols]. */
export function embedding(memory: TensorMemory, table: Matrix, ids: Tensor): Tensor {
  const [rows = 0] = ids.shape;
  const cols = table.shape[1];
  const y = memory.make([rows, cols], "embedding");
  const kernel = KERNELS[table.dtype];
  for (const { buffer, firstRow, rows: tableRows } of table.chunks) {
    memory.device.run(
      kernel,
      { ids: ids.buffer, w: buffer, y: y.buffer },
      { rows, cols, firstRow, tableRows },
    );
  }
  return y;
}

/** x [n, cols], indices [rows] → y [rows, cols]. */
export function gatherRows(memory: TensorMemory, x: Tensor, indices: Tensor): Tensor {
  const [n = 0, cols = 0] = x.shape;
  const buffer: DeviceBuffer = x.buffer;
  return embedding(
    memory,
    { shape: [n, cols], dtype: "f32", chunks: [{ buffer, firstRow: 0, rows: n }] },
    indices,
  );
}

/** x of any shape, indices [n] into its elements → y [n, 1]. */
export function gatherElements(memory: TensorMemory, x: Tensor, indices: Tensor): Tensor {
  const { buffer, size } = x;
  const chunks = [{ buffer, firstRow: 0, rows: size }];
  return embedding(memory, { shape: [size, 1], dtype: "f32", chunks }, indices);
}
