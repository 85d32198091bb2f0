/** Rows of a table by index: token and position embeddings, and picking the rows that are scored. */
import type { DeviceBuffer } from "../device/device";
import type { Copies, Tensor, TensorMemory } from "../device/tensor";
import { embedding as embeddingF32, embeddingByte, embeddingHalf } from "../kernels/embedding/embedding";
import { backward } from "./backward";
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
  const { tape } = memory;
  const toTable = (dy: Tensor) => {
    const copies = tape?.tables?.copies.get(ids);
    if (!copies) throw new Error("a table is wanted, but not which tokens read its rows");
    return gatherBackward(memory, dy, copies, [table.shape[0], cols], rows);
  };
  tape?.record(y, [], () => [], [{ weight: table, pullback: toTable }]);
  return y;
}

/** dy [scalars * copies, cols] → what each row of [n, cols] gets from its copies, for each scalar. */
function gatherBackward(
  memory: TensorMemory,
  dy: Tensor,
  { order, firsts }: Copies,
  [own, cols]: readonly [number, number],
  copies: number,
): Tensor {
  const rows = (dy.size / (copies * cols)) * own;
  const dx = memory.make([rows, cols], "gatherBackward");
  memory.device.run(
    backward().gatherBackward,
    { dy: dy.buffer, order: order.buffer, firsts: firsts.buffer, dx: dx.buffer },
    { rows, own, copies, cols },
  );
  return dx;
}

/** The copies of rows 0 to n - 1 among these indices: count, scan, scatter; equal indices stay in their order. */
export function copiesOf(memory: TensorMemory, indices: readonly number[], n: number): Copies {
  const firsts = new Uint32Array(n + 1);
  for (const index of indices) firsts[index + 1] = (firsts[index + 1] ?? 0) + 1;
  for (let row = 0; row < n; row++) firsts[row + 1] = (firsts[row + 1] ?? 0) + (firsts[row] ?? 0);
  const next = firsts.slice();
  const order = new Uint32Array(Math.max(1, indices.length));
  for (const [copy, index] of indices.entries()) {
    const place = next[index] ?? 0;
    order[place] = copy;
    next[index] = place + 1;
  }
  return {
    order: memory.from(order, [indices.length], "order of copies"),
    firsts: memory.from(firsts, [n + 1], "first copies"),
  };
}

/** x [n, cols], indices [rows] → y [rows, cols]. On a tape it needs to know the copies of each row. */
export function gatherRows(memory: TensorMemory, x: Tensor, indices: Tensor, copies?: Copies): Tensor {
  const [n = 0, cols = 0] = x.shape;
  const buffer: DeviceBuffer = x.buffer;
  const y = embedding(
    memory,
    { shape: [n, cols], dtype: "f32", chunks: [{ buffer, firstRow: 0, rows: n }] },
    indices,
  );
  memory.tape?.record(y, [x], (dy) => {
    if (!copies) throw new Error("rows were gathered on a tape without their copies");
    return [gatherBackward(memory, dy, copies, [n, cols], y.size / cols)];
  });
  return y;
}

/** x of any shape, indices [n] into its elements → y [n, 1]. */
export function gatherElements(memory: TensorMemory, x: Tensor, indices: Tensor): Tensor {
  const { buffer, size } = x;
  const chunks = [{ buffer, firstRow: 0, rows: size }];
  return embedding(memory, { shape: [size, 1], dtype: "f32", chunks }, indices);
}
