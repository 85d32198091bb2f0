/**
 * Rows of a weight matrix added up, each times its factor, on the device: a direction that reads what the matrix writes,
 * taken back to what it is given; or the mean row.
 */
import type { TensorMemory } from "../../device/tensor";
import { embedding } from "../../ops/embedding";
import { combineRows } from "../../ops/rowSums";
import type { Matrix } from "../../ops/weights";
import { readBack } from "../pass/readBack";

/** Bytes of rows that are unpacked at a time. */
const BLOCK_BYTES = 16 << 20;

/** matrix [rows, cols] → [cols]. Sums of blocks are f32, their sum is f64. */
export async function combinedRows(
  memory: TensorMemory,
  matrix: Matrix,
  factor: (row: number) => number,
): Promise<Float64Array> {
  const [count, cols] = matrix.shape;
  const sum = new Float64Array(cols);
  const most = Math.max(1, Math.floor(BLOCK_BYTES / (4 * cols)));
  for (let first = 0; first < count; first += most) {
    const ids = Uint32Array.from({ length: Math.min(most, count - first) }, (_, i) => first + i);
    const part = await readBack(memory, (back) => {
      const rows = embedding(memory, matrix, memory.from(ids, [ids.length], "rows"));
      return back.tensor(combineRows(memory, rows, Float32Array.from(ids, factor)));
    });
    part().forEach((value, i) => (sum[i] = (sum[i] ?? 0) + value));
  }
  return sum;
}
