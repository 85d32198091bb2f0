/** Sums over rows and columns of activations: what variances are made of. */
import type { Tensor, TensorMemory } from "../device/tensor";
import { denseDecode } from "../kernels/denseDecode/denseDecode";
import { rmsNorm } from "../kernels/rmsNorm/rmsNorm";
import { saeCentre } from "../kernels/saeCentre/saeCentre";
import { add, scale } from "./elementwise";

/** a − b, same shape. */
export function subtract(memory: TensorMemory, a: Tensor, b: Tensor): Tensor {
  return memory.scope(() => add(memory, a, scale(memory, b, -1)));
}

/** x [rows, cols] − origin [1, cols]. */
export function lessRow(memory: TensorMemory, x: Tensor, origin: Tensor): Tensor {
  const [rows = 0, cols = 0] = x.shape;
  const y = memory.make(x.shape, "lessRow");
  const buffers = { x: x.buffer, bias: origin.buffer, y: y.buffer };
  memory.device.run(saeCentre, buffers, { rows, cols, factor: 1, hasBias: 1 });
  return y;
}

/** x [rows, cols] → the root of the mean square of each row [rows, 1]: what a norm without eps divides by. */
export function rootMeanSquares(memory: TensorMemory, x: Tensor): Tensor {
  const [rows = 0, cols = 0] = x.shape;
  return memory.scope(() => {
    const roots = memory.make([rows, 1], "rootMeanSquares");
    const normed = memory.make(x.shape, "rootMeanSquares");
    // The weights only matter to what is thrown away.
    const buffers = { x: x.buffer, weight: x.buffer, y: normed.buffer, scale: roots.buffer };
    memory.device.run(rmsNorm, buffers, { rows, cols, eps: 0, weightOffset: 0 });
    return roots;
  });
}

/**
 * x [rows, cols] → the sum of its rows, each times its factor: [1, cols]. Sends to the device: what is recorded before is
 * submitted.
 */
export function combineRows(memory: TensorMemory, x: Tensor, factors: Float32Array<ArrayBuffer>): Tensor {
  return memory.scope(() =>
    weightedRowSums(memory, memory.from(factors, [1, x.shape[0] ?? 0], "factors"), x),
  );
}

/** z [sums, rows], x [rows, cols] → z x [sums, cols]: sums of the rows of x. Sends to the device, as above. */
export function weightedRowSums(memory: TensorMemory, z: Tensor, x: Tensor): Tensor {
  const [sums = 0, inner = 0] = z.shape;
  const cols = x.size / inner;
  return memory.scope(() => {
    const zeros = memory.from(new Float32Array(cols), [1, cols], "weightedRowSums");
    const y = memory.make([sums, cols], "weightedRowSums");
    memory.device.run(
      denseDecode,
      { z: z.buffer, w: x.buffer, start: zeros.buffer, y: y.buffer },
      { rows: sums, inner, cols, zStride: inner, zOffset: 0, startStride: 0 },
    );
    return y;
  });
}

/** x [rows, cols] → the sum of its rows [1, cols]. */
export function columnSums(memory: TensorMemory, x: Tensor): Tensor {
  return combineRows(memory, x, new Float32Array(x.shape[0] ?? 0).fill(1));
}
