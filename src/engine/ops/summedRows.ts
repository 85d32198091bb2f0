/** The pullback of a row that is added to every row: the sum of what the rows got, in their order. */
import type { Tensor, TensorMemory } from "../device/tensor";
import { backward } from "./backward";

/** dy [rows, cols] → [cols]. */
export function summedRows(memory: TensorMemory, dy: Tensor, cols: number): Tensor {
  const sum = memory.make([cols], "summedRows");
  memory.device.run(
    backward().sumSlices,
    { parts: dy.buffer, start: dy.buffer, y: sum.buffer },
    { count: cols, slices: dy.size / cols, hasStart: 0 },
  );
  return sum;
}
