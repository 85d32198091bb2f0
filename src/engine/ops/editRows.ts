/** Changes to chosen elements of an activation, row by row. */
import type { Tensor, TensorMemory } from "../device/tensor";
import { editRows as editRowsKernel, NO_VALUES } from "../kernels/editRows/editRows";
import { backward } from "./backward";

export { NO_VALUES };

/** Which elements change, and how (shapes in kernels/editRows/editRows.wgsl). */
export interface RowEdits {
  readonly spans: Tensor;
  readonly entries: Tensor;
  readonly keeps: Tensor;
  readonly values: Tensor;
}

/** x [rows, …] → the same with its edits; columns of `edits` count from `offset`. */
export function editRows(memory: TensorMemory, x: Tensor, edits: RowEdits, offset = 0): Tensor {
  const rows = x.shape[0] ?? 1;
  const y = memory.make(x.shape, "editRows");
  memory.device.run(
    editRowsKernel,
    {
      x: x.buffer,
      spans: edits.spans.buffer,
      entries: edits.entries.buffer,
      keeps: edits.keeps.buffer,
      values: edits.values.buffer,
      y: y.buffer,
    },
    { rows, cols: x.size / rows, offset },
  );
  memory.tape?.record(y, [x], (dy) => {
    const dx = memory.make(dy.shape, "editRowsBackward");
    const tables = { spans: edits.spans.buffer, entries: edits.entries.buffer, keeps: edits.keeps.buffer };
    const cols = x.size / rows;
    memory.device.run(
      backward().editRowsBackward,
      { dy: dy.buffer, ...tables, dx: dx.buffer },
      { rows: dy.size / cols, own: rows, cols, offset },
    );
    return [dx];
  });
  return y;
}
